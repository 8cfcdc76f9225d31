import { connect, createServer, type Socket } from 'node:net';
import type { Engine } from './engine.ts';
import { docker } from './docker.ts';

export interface OnTheHost extends AsyncDisposable {
  /** As containers have it. */
  readonly url: string;
}

const HOST = 'host.docker.internal';
/** Options of `docker run` that make the machine known by that name, as docker-compose.yml does. */
export const KNOWS_HOST = ['--add-host', `${HOST}:host-gateway`];

/** Lets containers reach what listens on loopback: at the address of the machine on their bridge, and nowhere else. */
export async function onTheHost(engine: Engine, port: number): Promise<OnTheHost> {
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const host = await docker(engine, 'network', 'inspect', 'bridge', '--format', format);
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening TCP server has no port');
  return {
    url: `http://${HOST}:${address.port}/mcp`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
