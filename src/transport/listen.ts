import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net';
import type { Address } from './names.ts';

/** Listens; resolves with the port, which the system chooses for port 0. Rejects with the error of one that cannot. */
export async function listenOn(
  server: Server,
  { host, port, reusePort }: Address & Pick<ListenOptions, 'reusePort'>,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    // It stays: a connection that cannot be accepted later (EMFILE) is an error of the server too, and not its end.
    server.on('error', reject);
    server.listen({ host, port, reusePort: reusePort === true }, resolve);
  });
  // A server that listens on a TCP port has an AddressInfo, not a pipe's name.
  return (server.address() as AddressInfo).port;
}

/** Listens for a moment, to see whether that is possible. Rejects where it is not. */
export async function tryListening(address: Address): Promise<void> {
  const server = createServer();
  await listenOn(server, address);
  await new Promise((resolve) => server.close(resolve));
}
