import { HAPROXY, startBalancer, type Balancer, type Stickiness } from './balancer.ts';
import type { Collector } from './collector.ts';
import { startMcpspan, type Mcpspan } from './mcpspan.ts';
import { onFreePorts } from './ports.ts';

/** Several mcpspan of one name behind a load balancer. */
export interface Replicas extends AsyncDisposable {
  readonly balancer: Balancer;
  readonly replicas: readonly Mcpspan[];
}

export interface ReplicaOptions {
  /** The upstream of each. */
  readonly upstreams: readonly string[];
  readonly collector: Collector;
  readonly stickiness: Stickiness;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The name of all replicas. */
export const FLEET = 'fleet';

/** Why there are none here; undefined: there can be. */
export const noReplicas: string | undefined =
  HAPROXY === undefined ? 'HAProxy is not installed (apt-get install haproxy)' : undefined;

export async function startReplicas({
  upstreams,
  collector,
  stickiness,
  args = [],
  env,
}: ReplicaOptions): Promise<Replicas> {
  await using stack = new AsyncDisposableStack();
  const begin = (upstream: string): Promise<{ mcpspan: Mcpspan; healthPort: number }> =>
    onFreePorts(1, async (healthPort = 0) => {
      const own = ['--name', FLEET, '--health', `127.0.0.1:${healthPort}`, ...args];
      return { mcpspan: await startMcpspan(upstream, collector, own, env), healthPort };
    });
  const started = await Promise.all(upstreams.map(begin));
  for (const { mcpspan } of started) stack.use(mcpspan);
  const balanced = started.map(({ mcpspan, healthPort }) => ({ port: Number(new URL(mcpspan.url).port), healthPort }));
  const balancer = stack.use(await startBalancer(balanced, stickiness));
  const owned = stack.move();
  return {
    balancer,
    replicas: started.map(({ mcpspan }) => mcpspan),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
