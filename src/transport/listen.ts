import { createServer } from 'node:net';
import type { Address } from './names.ts';

/** Listens for a moment, to see whether that is possible. Rejects with the reason when it is not. */
export async function tryListening({ host, port }: Address): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
