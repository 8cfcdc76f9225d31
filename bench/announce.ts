import type { AddressInfo, Server } from 'node:net';

/** Listens on a free loopback port, prints the port on stdout, and ends when its parent process does. */
export function announce(server: Server): void {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 }, () => {
    // A server that listens on a TCP port has an AddressInfo, not a pipe's name.
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`listening on ${port}\n`);
  });
  process.on('SIGTERM', () => process.exit(0));
  process.stdin.on('end', () => process.exit(0)).resume();
}
