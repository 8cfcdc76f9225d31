import type { ProxyConfig } from '../settings/config.ts';
import type { Signals } from '../settings/signals.ts';
import type { SharedRing } from '../transport/wire/ring-writer.ts';
import type { SamplerSetting } from '../transport/trace/sampling.ts';

/** What an observer thread is started with: plain data and shared memory. */
export interface ObserverSetup {
  rings: readonly SharedRing[];
  selfCounters: SharedArrayBuffer;
  /** Made once per process: `service.instance.id`, and the salt of derived sessions' ids. */
  instance: string;
  version: string;
  serviceName: string;
  /** It is to win over `OTEL_SERVICE_NAME`. */
  serviceNameWins: boolean;
  /** Figures by client are kept, to be asked for. */
  reports: boolean;
  /** What whoever looks at the page must know about what is shown. */
  notice: string | undefined;
  server: string;
  /** Where clients connect; `''`: it wraps a command. */
  address: string;
  upstream: { protocol: string; hostname: string; port: number; path: string };
  listensOnLoopback: boolean;
  sampler: SamplerSetting;
  signals: Signals;
  settings: Pick<
    ProxyConfig,
    | 'trace-parent'
    | 'spans'
    | 'group'
    | 'conversation-key'
    | 'tools'
    | 'capture'
    | 'hash-ids'
    | 'idle-seconds'
    | 'max-clients'
    | 'max-tools'
    | 'max-sessions'
    | 'max-message-bytes'
    | 'segment-operations'
    | 'segment-seconds'
    | 'page'
    | 'page-token'
    | 'trace-link'
    | 'spool'
    | 'spool-max-mb'
    | 'store'
    | 'store-max-mb'
    | 'store-days'
  >;
}

/** As a started observer finds it. */
export interface ObserverData extends ObserverSetup {
  /** How often an observer had to be started again before this one. */
  restarted: number;
}

export type ToObserver = { kind: 'stop'; milliseconds: number } | { kind: 'report' };

export type FromObserver =
  /** @property page where it is; undefined: there is none */
  | { kind: 'ready'; page: string | undefined }
  | { kind: 'say'; line: string }
  | { kind: 'report'; clients: readonly ClientReport[] }
  | { kind: 'stopped' };

/** What one client did since the start: a row of the demo's table. */
export interface ClientReport {
  client: string;
  sessions: number;
  emptySessions: number;
  toolCalls: number;
  handshakes: number;
  /** Legacy calls that named no session, of all legacy calls; undefined: no legacy call. */
  sessionlessShare: number | undefined;
  /** Of tool calls, in seconds; undefined: none. */
  p95Seconds: number | undefined;
  verdict: string | undefined;
}
