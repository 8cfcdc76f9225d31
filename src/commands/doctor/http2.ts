import http2 from 'node:http2';

const PATIENCE_MS = 2_000;

/** Whether a server speaks HTTP/2 without TLS: it answers the greeting with its SETTINGS. */
export function speaksHttp2(address: string): Promise<boolean> {
  const url = URL.parse(address);
  if (url === null) return Promise.resolve(false);
  const session = http2.connect(`http://${url.host}`);
  return new Promise((resolve) => {
    const end = (speaks: boolean): void => {
      resolve(speaks);
      session.destroy();
    };
    session.setTimeout(PATIENCE_MS, () => end(false));
    session.once('remoteSettings', () => end(true));
    // HTTP/1.1 in answer is a protocol error.
    session.on('error', () => end(false));
    session.once('close', () => end(false));
  });
}
