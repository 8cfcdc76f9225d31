import type { ProxyConfig, StdioConfig } from '../settings/config.ts';
import { DEFAULTS } from '../settings/command-settings.ts';
import type { ObserverSetup } from './setup.ts';
import { startSupervisor, type Supervisor } from './supervisor.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { siblingThread } from '../transport/sibling-thread.ts';
import { version } from '../version.ts';

/** What a proxy and a wrapped command tell their observer, each for itself. */
export interface ObserverStart extends Pick<
  ObserverSetup,
  'rings' | 'instance' | 'address' | 'upstream' | 'listensOnLoopback'
> {
  config: ProxyConfig | StdioConfig;
  self: SelfCounters;
  /** Another observer thread than ours. */
  entry?: URL | undefined;
  /** Wins over `OTEL_SERVICE_NAME`. */
  serviceName?: string | undefined;
  /** Figures by client will be asked for. */
  reports?: boolean | undefined;
  /** For whoever looks at the page. */
  notice?: string | undefined;
  /** A line for people. */
  say(line: string): void;
  /** What the thread itself writes: console exporters, diagnostics. */
  print(text: Uint8Array): void;
  /** Another observer reads, in the place of one that failed. */
  onRestarted?(): void;
}

/** There is a store, or a page that shows what was seen. */
export const keepsRecord = ({ store, page }: Pick<ProxyConfig, 'store' | 'page'>): boolean =>
  store !== undefined || page !== undefined;

/** Starts the observer's thread, and keeps it running. */
export function startObserver({
  config,
  self,
  entry,
  serviceName,
  reports,
  notice,
  ...start
}: ObserverStart): Supervisor {
  // The upstream is a URL, which cannot be sent to a thread; the observer is told of it in `start.upstream`.
  const { upstream: _, ...settings } = { ...DEFAULTS, ...config };
  const setup: ObserverSetup = {
    rings: start.rings,
    selfCounters: self.memory,
    instance: start.instance,
    version,
    serviceName: serviceName ?? 'mcpspan',
    serviceNameWins: serviceName !== undefined,
    reports: reports === true,
    notice,
    server: config.name,
    address: start.address,
    upstream: start.upstream,
    listensOnLoopback: start.listensOnLoopback,
    sampler: config.sampler,
    signals: config.signals,
    settings,
  };
  const { say, print, onRestarted } = start;
  return startSupervisor({
    entry: entry ?? siblingThread('observer', import.meta.url),
    setup,
    self,
    say,
    print,
    onRestarted,
  });
}
