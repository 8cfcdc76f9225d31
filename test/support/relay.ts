import type { LookUpAll } from '../../src/transport/http/addresses.ts';
import type { ServedOptions } from '../../src/transport/http/served.ts';
import { createRelay, type Relay } from '../../src/transport/http/relay.ts';
import type { Identity } from '../../src/transport/tls/pem-files.ts';
import { createRing, type SharedRing } from '../../src/transport/wire/ring-writer.ts';

export interface TestRelay extends AsyncDisposable {
  readonly relay: Relay;
  readonly ring: SharedRing;
  /** Where it listens on loopback. */
  readonly port: number;
}

const RING_BYTES = 16_777_216;

/** What a relay needs to know of a server. */
export const servedOptions = (upstream: string, options: Partial<ServedOptions> = {}): ServedOptions => ({
  index: 0,
  revision: 0,
  host: undefined,
  path: undefined,
  upstream,
  certificates: { authorities: undefined, client: undefined },
  upstreamHost: 'auto',
  allowHost: [],
  allowOrigin: [],
  connectTimeoutSeconds: 5,
  maxMessageBytes: 1_048_576,
  propagation: {
    server: 'server',
    instance: 'instance',
    thread: 0,
    adds: false,
    followsCaller: false,
    sampler: { root: 'always_on', ratio: 1 },
    maxSessions: 10_000,
    segmentOperations: 1_000,
    segmentSeconds: 3_600,
  },
  intoMeta: false,
  ...options,
});

/** A relay without an observer, on a free port of loopback. */
export async function startTestRelay(
  servers: readonly ServedOptions[],
  ring = createRing(RING_BYTES),
  { identity, lookUp, host = '127.0.0.1' }: { identity?: Identity; lookUp?: LookUpAll; host?: string } = {},
): Promise<TestRelay> {
  const tls = identity && { identity, ticketKeys: new Uint8Array(48) };
  const relay = createRelay({ tls, reusePort: false, ring, peerKey: 'key', observed: true }, lookUp);
  const [port = 0] = await relay.serve([{ key: 'only', listen: { host, port: 0 }, servers }]);
  return { relay, ring, port, [Symbol.asyncDispose]: async () => void (await relay.drain(0).closed) };
}
