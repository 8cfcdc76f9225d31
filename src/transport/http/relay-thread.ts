import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { siblingThread } from '../sibling-thread.ts';
import type { Certificates } from '../tls/certificates.ts';
import { startRelay, type Relay, type RelayOptions } from './relay.ts';

/** The second and the third are the numbers of a `Draining`. */
type FromRelay = { kind: 'listening' } | { kind: 'draining'; inFlight: number } | { kind: 'closed'; cut: number };
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
    drain: (milliseconds) => {
      const inFlight = Promise.withResolvers<number>();
      let cut = 0;
      worker.on('message', (message: FromRelay) => {
        if (message.kind === 'draining') inFlight.resolve(message.inFlight);
        else if (message.kind === 'closed') ({ cut } = message);
      });
      const closed = new Promise<number>((resolve) => worker.once('exit', () => resolve(cut)));
      worker.postMessage({ kind: 'drain', milliseconds } satisfies ToRelay);
      // A thread that fails ends the process.
      return { inFlight: inFlight.promise, closed };
    },
  };
}

if (!isMainThread && parentPort !== null && workerData !== null && 'ring' in workerData) {
  const port = parentPort;
  const relay = await startRelay(workerData);
  port.on('message', (message: ToRelay) => {
    if (message.kind === 'renew') relay.renew(message.certificates);
    else void drain(message.milliseconds);
  });
  const tell = (message: FromRelay): void => port.postMessage(message);
  const drain = async (milliseconds: number): Promise<void> => {
    const { inFlight, closed } = relay.drain(milliseconds);
    tell({ kind: 'draining', inFlight: await inFlight });
    tell({ kind: 'closed', cut: await closed });
    // Then nothing keeps the thread alive any more.
    port.close();
  };
  tell({ kind: 'listening' });
}
