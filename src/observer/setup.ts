import type { ProxyConfig } from '../settings/config.ts';
import { siblingThread } from '../transport/sibling-thread.ts';
import { addressText } from '../transport/names.ts';
import type { SharedRing } from '../transport/wire/ring-writer.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { version } from '../version.ts';

/** All settings of a proxy except its upstream, because a URL cannot be sent to a thread. */
export type ObserverSettings = Omit<ProxyConfig, 'upstream'>;

export interface UpstreamAddress {
  protocol: string;
  hostname: string;
  port: number;
  path: string;
}

/** Where the observed server is: behind the proxy, or in a wrapped command. */
export type ObservedServer =
  | {
      kind: 'http';
      /** Where clients connect. */
      address: string;
      listensOnLoopback: boolean;
      upstream: UpstreamAddress;
    }
  | { kind: 'stdio' };

/** What an observer thread gets at its start: plain data and shared memory. */
export interface ObserverSetup {
  rings: readonly SharedRing[];
  selfCounters: SharedArrayBuffer;
  /** Made once per process: `service.instance.id`, and the salt for the ids of derived sessions. */
  instance: string;
  version: string;
  serviceName: string;
  /** The name wins over `OTEL_SERVICE_NAME`. */
  serviceNameWins: boolean;
  /** What readers of the page must know about its data. */
  notice: string | undefined;
  server: ObservedServer;
  settings: ObserverSettings;
}

/** The setup as the thread finds it. */
export interface ObserverData extends ObserverSetup {
  /** How many observers of this process died before this one. */
  restarted: number;
}

export type ToObserver =
  | { kind: 'stop'; milliseconds: number }
  /** What the check at the start found. @property fault its place in `UPSTREAM_FAULTS`; -1: one that has no name */
  | { kind: 'upstream-unreached'; fault: number }
  | { kind: 'upstream-reached' };

export type FromObserver =
  /** @property page the URL of the page; undefined: there is none */
  { kind: 'ready'; page: string | undefined } | { kind: 'say'; line: string } | { kind: 'stopped' };

/** The part of the setup that a proxy and a wrapped command each decide. */
export interface ObserverStart extends Pick<ObserverSetup, 'rings' | 'instance' | 'server' | 'settings'> {
  self: SelfCounters;
  /** Wins over `OTEL_SERVICE_NAME`. */
  serviceName?: string | undefined;
  notice?: string | undefined;
}

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
