import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startRelay, type Relay, type RelayOptions } from './relay.ts';

interface Drain {
  milliseconds: number;
}

/**
 * A further relay that shares the port, on a thread of its own. Rejects when it can't listen. A relay thread that
 * fails later takes the process with it, as an error in the main relay would.
 */
export async function startRelayThread(options: RelayOptions): Promise<Relay> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options, name: 'mcpspan-relay' });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  worker.on('error', (error) => {
    throw error;
  });
  return {
    port: options.listen.port,
    drain: async (milliseconds) => {
      const drained = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ milliseconds } satisfies Drain);
      await drained;
    },
  };
}

if (!isMainThread && parentPort !== null && workerData !== null && 'ring' in workerData) {
  const port = parentPort;
  const relay = await startRelay(workerData);
  port.once('message', ({ milliseconds }: Drain) => {
    // Nothing is left then that keeps the thread.
    void relay.drain(milliseconds).then(() => port.close());
  });
  port.postMessage('listening');
}
