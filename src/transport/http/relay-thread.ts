import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { siblingThread } from '../sibling-thread.ts';
import type { Certificates } from '../tls/certificates.ts';
import { startRelay, type Relay, type RelayOptions } from './relay.ts';

type ToRelay = { kind: 'drain'; milliseconds: number } | { kind: 'renew'; certificates: Certificates };

/**
 * Starts a further relay on a thread of its own, which shares the port. Rejects when it can't listen. When the thread
 * fails later, the process ends, as it does when the main relay fails.
 */
export async function startRelayThread(options: RelayOptions): Promise<Relay> {
  const worker = new Worker(siblingThread('relay-thread', import.meta.url), {
    workerData: options,
    name: 'mcpspan-relay',
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.on('error', (error) => {
    throw error;
  });
  return {
    port: options.listen.port,
    renew: (certificates) => worker.postMessage({ kind: 'renew', certificates } satisfies ToRelay),
    drain: async (milliseconds) => {
      const drained = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ kind: 'drain', milliseconds } satisfies ToRelay);
      await drained;
    },
  };
}

if (!isMainThread && parentPort !== null && workerData !== null && 'ring' in workerData) {
  const port = parentPort;
  const relay = await startRelay(workerData);
  port.on('message', (message: ToRelay) => {
    if (message.kind === 'renew') relay.renew(message.certificates);
    // Then nothing keeps the thread alive any more.
    else void relay.drain(message.milliseconds).then(() => port.close());
  });
  port.postMessage('listening');
}
