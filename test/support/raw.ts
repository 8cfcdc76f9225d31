import net from 'node:net';
import tls from 'node:tls';
import { listen, type Listening } from './listen.ts';

/** How a connection's incoming half ended: with a FIN, or with a reset or any other error. */
export type Ending = 'clean' | 'broken';

/** One end of a connection over TCP or TLS, byte for byte. Strings are Latin-1, so every byte can be written in one. */
export interface Wire extends AsyncDisposable {
  /** Every piece as it arrived; `at` is `performance.now()`. */
  readonly arrivals: readonly { at: number; bytes: Buffer }[];
  /** Whether it goes on with the TLS session of an earlier connection. */
  readonly resumed: boolean;
  /** How the incoming half ended; resolves when it has. A paused wire does not notice. */
  readonly ended: Promise<Ending>;
  /** Resolves `true` once the kernel has taken the bytes, `false` when the connection is gone. */
  send(bytes: string | Uint8Array): Promise<boolean>;
  /** Half-closes: nothing more is sent, everything is still read. */
  finish(): void;
  /** Closes both halves with a FIN. */
  leave(): void;
  /** Breaks the connection with a RST. */
  reset(): void;
  /** Stops reading from the kernel, so that back-pressure reaches the other side. */
  pause(): void;
  resume(): void;
  /** Takes everything up to and with `mark`. @throws when the connection ends first */
  readThrough(mark: string): Promise<Buffer>;
  /** Takes exactly `length` bytes. @throws when the connection ends first */
  read(length: number): Promise<Buffer>;
  /** Takes what is there, at most `length` bytes; nothing only at the end. */
  readUpTo(length: number): Promise<Buffer>;
  /** True when nothing is left to take and nothing will come. */
  atEnd(): Promise<boolean>;
}

/** Opens a connection to a loopback port, over TLS where that is said. */
export async function connectRaw(port: number, over?: tls.ConnectionOptions, host = '127.0.0.1'): Promise<Wire> {
  const tcp = net.connect({ port, host, allowHalfOpen: true, noDelay: true });
  const socket = over === undefined ? tcp : tls.connect({ servername: 'localhost', ...over, socket: tcp });
  await new Promise<void>((resolve, reject) => {
    socket.once(over === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  return wireOf(socket, tcp);
}

/** Listens on a free loopback port and hands over every connection, over TLS where that is said. */
export function rawServer(onConnection: (wire: Wire) => void, over?: tls.TlsOptions): Promise<Listening> {
  const options = { allowHalfOpen: true, noDelay: true };
  if (over === undefined) return listen(net.createServer(options, (socket) => onConnection(wireOf(socket, socket))));
  const beneath = new Map<number | undefined, net.Socket>();
  const server = tls.createServer({ ...options, ...over });
  server.on('connection', (tcp) => beneath.set(tcp.remotePort, tcp));
  server.on('secureConnection', (socket) => onConnection(wireOf(socket, beneath.get(socket.remotePort) ?? socket)));
  return listen(server);
}

/** @param tcp the connection itself, or the one beneath TLS */
function wireOf(socket: net.Socket, tcp: net.Socket): Wire {
  const arrivals: { at: number; bytes: Buffer }[] = [];
  const untaken: Buffer[] = [];
  let untakenLength = 0;
  let ending: Ending | undefined;
  const ended = Promise.withResolvers<Ending>();
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const end = (how: Ending) => {
    ending ??= how;
    ended.resolve(ending);
    announce();
  };
  socket.on('data', (bytes) => {
    arrivals.push({ at: performance.now(), bytes });
    untaken.push(bytes);
    untakenLength += bytes.length;
    announce();
  });
  socket.on('end', () => end('clean'));
  socket.on('error', () => end('broken'));
  socket.on('close', () => end('broken'));

  const take = (length: number): Buffer => {
    const taken: Buffer[] = [];
    for (let left = length; left > 0;) {
      const front = untaken.shift();
      if (front === undefined) break;
      taken.push(front.subarray(0, left));
      if (front.length > left) untaken.unshift(front.subarray(left));
      left -= Math.min(left, front.length);
    }
    const bytes = taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken);
    untakenLength -= bytes.length;
    return bytes;
  };
  const more = async (wanted: string): Promise<void> => {
    if (ending !== undefined) {
      const left = Buffer.concat(untaken).subarray(0, 400).toString('latin1');
      throw new Error(`the connection ended (${ending}) before ${wanted}; untaken: ${JSON.stringify(left)}`);
    }
    await changed.promise;
  };

  return {
    arrivals,
    resumed: socket instanceof tls.TLSSocket && socket.isSessionReused(),
    ended: ended.promise,
    send: (bytes) =>
      new Promise((resolve) => {
        const written = (error?: Error | null) => resolve(error === undefined || error === null);
        if (typeof bytes === 'string') socket.write(bytes, 'latin1', written);
        else socket.write(bytes, written);
      }),
    finish: () => socket.end(),
    leave: () => socket.destroy(),
    reset: () => tcp.resetAndDestroy(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    async readThrough(mark) {
      for (let joined = 0; ;) {
        // Joins piece by piece: a mark near the front must not cost a copy of all that waits behind it.
        const front = untaken[0] ?? Buffer.alloc(0);
        const at = front.indexOf(mark, Math.max(0, joined - mark.length), 'latin1');
        if (at !== -1) {
          const taken = front.subarray(0, at + mark.length);
          untaken[0] = front.subarray(taken.length);
          untakenLength -= taken.length;
          return taken;
        }
        joined = front.length;
        const next = untaken[1];
        if (next === undefined) await more(JSON.stringify(mark));
        else untaken.splice(0, 2, Buffer.concat([front, next]));
      }
    },
    async read(length) {
      while (untakenLength < length) await more(`${length} bytes`);
      return take(length);
    },
    async readUpTo(length) {
      while (untakenLength === 0 && ending === undefined) await changed.promise;
      return take(Math.min(length, untakenLength));
    },
    async atEnd() {
      while (untakenLength === 0 && ending === undefined) await changed.promise;
      return untakenLength === 0;
    },
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      await new Promise((resolve) => socket.once('close', resolve).destroy());
    },
  };
}
