import type { ProcessSettings, ServerSettings } from '../settings/server-config.ts';
import { siblingThread } from '../transport/sibling-thread.ts';
import { addressText } from '../transport/names.ts';
import type { SharedRing } from '../transport/wire/ring-writer.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { version } from '../version.ts';

export interface UpstreamAddress {
  protocol: string;
  hostname: string;
  port: number;
  path: string;
}

/** Where a server is: behind the proxy, or in a wrapped command. */
export type ServerPlace =
  | {
      kind: 'http';
      /** Where clients connect. */
      address: string;
      /** The path that clients ask for. */
      path: string;
      listensOnLoopback: boolean;
      upstream: UpstreamAddress;
    }
  | { kind: 'stdio' }
  /** Known from spans that others made. @property address where these are received */
  | { kind: 'spans'; address: string };

/** A server that is observed. */
export interface ObservedServer {
  /** Names it in wire events. It is never used again for another one. */
  index: number;
  name: string;
  place: ServerPlace;
  settings: ServerSettings;
}

/** The settings of the process that its observer needs. */
export type ObserverSettings = ProcessSettings & {
  /** What the process is called in its own figures. */
  name: string;
};

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
  settings: ObserverSettings;
  servers: readonly ObservedServer[];
}

/** The setup as the thread finds it. */
export interface ObserverData extends ObserverSetup {
  /** How many observers of this process died before this one. */
  restarted: number;
}

export type ToObserver =
  | { kind: 'stop'; milliseconds: number }
  /** Observes these servers too; one that is observed already has moved. It is answered. */
  | { kind: 'open'; servers: readonly ObservedServer[] }
  /** Relays send no new exchanges of these servers any more. @property servers their indexes */
  | { kind: 'retire'; servers: readonly number[] }
  /**
   * What the check at the start found. @property server its index. @property fault its place in `UPSTREAM_FAULTS`; -1:
   * one that has no name
   */
  | { kind: 'upstream-unreached'; server: number; fault: number }
  | { kind: 'upstream-reached'; server: number };

export type FromObserver =
  /** @property page the URL of the page; undefined: there is none */
  | { kind: 'ready'; page: string | undefined }
  | { kind: 'opened' }
  | { kind: 'say'; line: string }
  | { kind: 'stopped' };

/** The part of the setup that a proxy and a wrapped command each decide. */
export interface ObserverStart extends Pick<ObserverSetup, 'rings' | 'instance' | 'servers' | 'settings'> {
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
