import type { ProxyConfig } from '../settings/config.ts';
import { isExporting } from '../settings/signals.ts';
import { siblingThread } from '../transport/sibling-thread.ts';
import { addressText } from '../transport/names.ts';
import type { SharedRing } from '../transport/wire/ring-writer.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { version } from '../version.ts';

/** The settings of a proxy as they are, but for its upstream: a URL cannot be sent to a thread. */
export type ObserverSettings = Omit<ProxyConfig, 'upstream'>;

export interface UpstreamAddress {
  protocol: string;
  hostname: string;
  port: number;
  path: string;
}

/** Where the server is that is observed: behind the proxy, or in a command that is wrapped. */
export type ObservedServer =
  | {
      kind: 'http';
      /** Where clients connect. */
      address: string;
      listensOnLoopback: boolean;
      upstream: UpstreamAddress;
    }
  | { kind: 'stdio' };

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
  /** What whoever looks at the page must know about what is shown. */
  notice: string | undefined;
  server: ObservedServer;
  settings: ObserverSettings;
}

/** As a started observer finds it. */
export interface ObserverData extends ObserverSetup {
  /** How often an observer had to be started again before this one. */
  restarted: number;
}

export type ToObserver = { kind: 'stop'; milliseconds: number };

export type FromObserver =
  /** @property page where it is; undefined: there is none */
  { kind: 'ready'; page: string | undefined } | { kind: 'say'; line: string } | { kind: 'stopped' };

/** What a proxy and a wrapped command tell their observer, each for itself. */
export interface ObserverStart extends Pick<ObserverSetup, 'rings' | 'instance' | 'server' | 'settings'> {
  self: SelfCounters;
  /** Wins over `OTEL_SERVICE_NAME`. */
  serviceName?: string | undefined;
  notice?: string | undefined;
}

/** Somebody wants to know what passes: there is a store, a page that shows what was seen, or a signal that is on. */
export const isObserved = ({ store, page, signals }: Pick<ObserverSettings, 'store' | 'page' | 'signals'>): boolean =>
  store !== undefined || page !== undefined || isExporting(signals);

/** Where the upstream is, for people. */
export const originOf = ({ protocol, hostname: host, port }: UpstreamAddress): string =>
  `${protocol}//${addressText({ host, port })}`;

/** The module of our own observer thread. */
export const OBSERVER_THREAD = siblingThread('observer', import.meta.url);

export const setupOf = ({ self, serviceName, notice, ...start }: ObserverStart): ObserverSetup => ({
  ...start,
  selfCounters: self.memory,
  version,
  serviceName: serviceName ?? 'mcpspan',
  serviceNameWins: serviceName !== undefined,
  notice,
});
