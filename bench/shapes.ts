import type { Kind } from './traffic.ts';

/** One kind of load: the requests, the number of connections, and the pace. */
export interface Shape {
  name: string;
  about: string;
  connections: number;
  /** Each connection sends this once before anything is measured. */
  setup: readonly Kind[];
  /** Each connection sends these over and over, the next request when the last is answered. */
  cycle: readonly Kind[];
  /** Requests per second, sent on any free connection; absent: as many as get answered. */
  rate?: number;
  /** Each cycle goes over a new connection. */
  fresh?: true;
  /** The proxy may use every core. */
  free?: true;
  /** All processes share the core of the proxy. */
  crowded?: true;
  /** The load is standing streams instead of requests, to measure the memory of each. */
  idle?: true;
}

const HANDSHAKE: readonly Kind[] = ['initialize', 'initialized'];

const calls = (name: string, about: string, kind: Kind, connections: number): Shape => ({
  name,
  about,
  connections,
  setup: HANDSHAKE,
  cycle: [kind],
});

export const SHAPES: readonly Shape[] = [
  calls('json/1', 'small JSON answers, 1 connection', 'small', 1),
  calls('json/16', 'small JSON answers, 16 connections', 'small', 16),
  calls('json/64', 'small JSON answers, 64 connections', 'small', 64),
  calls('sse/16', 'event-stream answers of one event, 16 connections', 'event', 16),
  calls('json64k/16', 'JSON answers of 64 KB, 16 connections', 'large', 16),
  calls('json1m/4', 'JSON answers of 1 MB, 4 connections', 'huge', 4),
  {
    name: 'churn/16',
    about: 'a new session for each call: initialize, initialized, one call; 16 connections',
    connections: 16,
    setup: [],
    cycle: [...HANDSHAKE, 'small'],
  },
  {
    name: 'fresh/16',
    about: 'a new connection for each session of initialize, initialized, one call; 16 at a time',
    connections: 16,
    setup: [],
    cycle: [...HANDSHAKE, 'small'],
    fresh: true,
  },
  {
    ...calls('crowded/16', 'small JSON answers, 16 connections, all processes on one core', 'small', 16),
    crowded: true,
  },
  {
    ...calls('free/16', 'small JSON answers, 16 connections, no process held to a core', 'small', 16),
    free: true,
  },
  { ...calls('steady/500', 'small JSON answers, 500 requests a second', 'small', 16), rate: 500 },
  {
    name: 'idle/500',
    about: '500 GET streams with nothing to say',
    connections: 500,
    setup: ['initialize', 'initialized'],
    cycle: ['stream'],
    idle: true,
  },
];
