import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { messageOf } from '../error-text.ts';
import { siblingThread } from '../sibling-thread.ts';
import type { Identity } from '../tls/pem-files.ts';
import { createRelay, type ListenerOptions, type Relay, type RelayOptions } from './relay.ts';
import type { UpstreamCertificates } from './upstream.ts';

type ToRelay =
  | { kind: 'serve'; listeners: readonly ListenerOptions[] }
  | { kind: 'renew-identity'; identity: Identity }
  | { kind: 'renew-upstream'; server: number; certificates: UpstreamCertificates }
  | { kind: 'drain'; milliseconds: number };

type FromRelay =
  /** @property error why it can't listen; undefined: it does */
  | { kind: 'serving'; ports: readonly number[]; error: string | undefined }
  /** The numbers of a `Draining`. */
  | { kind: 'draining'; inFlight: number }
  | { kind: 'closed'; cut: number };

/** Starts a further relay on a thread of its own. When the thread fails, the process ends, as it does when the main relay fails. */
export function startRelayThread(options: RelayOptions): Relay {
  const worker = new Worker(siblingThread('relay-thread', import.meta.url), {
    workerData: options,
    name: 'mcpspan-relay',
  });
  worker.on('error', (error) => {
    throw error;
  });
  const post = (message: ToRelay): void => worker.postMessage(message);
  let onServing: ((message: FromRelay & { kind: 'serving' }) => void) | undefined;
  const inFlight = Promise.withResolvers<number>();
  let cut = 0;
  worker.on('message', (message: FromRelay) => {
    if (message.kind === 'serving') onServing?.(message);
    else if (message.kind === 'draining') inFlight.resolve(message.inFlight);
    else ({ cut } = message);
  });
  return {
    serve: async (listeners) => {
      const answered = new Promise<FromRelay & { kind: 'serving' }>((resolve) => {
        onServing = resolve;
      });
      post({ kind: 'serve', listeners });
      const { ports, error } = await answered;
      if (error !== undefined) throw new Error(error);
      return ports;
    },
    renewIdentity: (identity) => post({ kind: 'renew-identity', identity }),
    renewUpstream: (server, certificates) => post({ kind: 'renew-upstream', server, certificates }),
    drain: (milliseconds) => {
      const closed = new Promise<number>((resolve) => worker.once('exit', () => resolve(cut)));
      post({ kind: 'drain', milliseconds });
      // A thread that fails ends the process.
      return { inFlight: inFlight.promise, closed };
    },
  };
}

if (!isMainThread && parentPort !== null && workerData !== null && 'ring' in workerData) {
  const port = parentPort;
  // The shape of what the main thread hands over.
  const relay = createRelay(workerData as RelayOptions);
  const tell = (message: FromRelay): void => port.postMessage(message);
  const drain = async (milliseconds: number): Promise<void> => {
    const { inFlight, closed } = relay.drain(milliseconds);
    tell({ kind: 'draining', inFlight: await inFlight });
    tell({ kind: 'closed', cut: await closed });
    // Then nothing keeps the thread alive any more.
    port.close();
  };
  port.on('message', (message: ToRelay) => {
    switch (message.kind) {
      case 'serve':
        relay.serve(message.listeners).then(
          (ports) => tell({ kind: 'serving', ports, error: undefined }),
          (error: unknown) => tell({ kind: 'serving', ports: [], error: messageOf(error) }),
        );
        break;
      case 'renew-identity':
        relay.renewIdentity(message.identity);
        break;
      case 'renew-upstream':
        relay.renewUpstream(message.server, message.certificates);
        break;
      case 'drain':
        void drain(message.milliseconds);
        break;
    }
  });
}
