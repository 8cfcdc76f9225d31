import net from 'node:net';

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const SETTINGS_FRAME = 4;
const PATIENCE_MS = 2_000;

/** Whether a server answers HTTP/2's greeting with its own: a SETTINGS frame. */
export function speaksHttp2(address: string): Promise<boolean> {
  const url = URL.parse(address);
  if (url === null) return Promise.resolve(false);
  const socket = net.connect(Number(url.port || 80), url.hostname.replace(/^\[|\]$/g, ''));
  socket.setTimeout(PATIENCE_MS);
  socket.write(HTTP2_PREFACE);
  return new Promise((resolve) => {
    const end = (speaks: boolean): void => {
      socket.destroy();
      resolve(speaks);
    };
    // Nine bytes of a frame's head: its length in three, then its type.
    socket.once('data', (bytes) => end(bytes.length >= 4 && bytes[3] === SETTINGS_FRAME && bytes[0] === 0));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
