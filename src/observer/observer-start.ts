import type { ProxyConfig, StdioConfig } from '../settings/config.ts';
import type { ObserverSetup } from './setup.ts';
import { startSupervisor, type Supervisor } from './supervisor.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { TIMERS } from '../transport/timers.ts';
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

const sibling = (name: string): URL =>
  new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

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
    settings: {
      'trace-parent': config['trace-parent'],
      spans: config.spans,
      group: config.group,
      'conversation-key': config['conversation-key'],
      tools: config.tools,
      capture: config.capture,
      'hash-ids': config['hash-ids'],
      'idle-seconds': config['idle-seconds'],
      'max-clients': config['max-clients'],
      'max-tools': config['max-tools'],
      'max-sessions': config['max-sessions'],
      'max-message-bytes': config['max-message-bytes'],
      'segment-operations': config['segment-operations'],
      'segment-seconds': config['segment-seconds'],
      page: config.page,
      'page-token': config['page-token'],
      'trace-link': config['trace-link'],
      spool: config.spool,
      'spool-max-mb': config['spool-max-mb'],
      store: config.store,
      'store-max-mb': config['store-max-mb'],
      'store-days': config['store-days'],
    },
  };
  const { say, print, onRestarted } = start;
  return startSupervisor({ entry: entry ?? sibling('observer'), setup, self, timers: TIMERS, say, print, onRestarted });
}
