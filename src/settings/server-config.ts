import type { Address } from '../transport/names.ts';
import type { SettingsOf } from './command-settings.ts';
import type { OptionName } from './options.ts';
import type { Telemetry } from './signals.ts';

/** Options that each server of a proxy may have its own values of. All others are the process's. */
export const SERVER_OPTIONS = [
  'upstream',
  'upstream-ca',
  'upstream-cert',
  'upstream-key',
  'name',
  'trace-parent',
  'propagate',
  'spans',
  'server-spans',
  'group',
  'conversation-key',
  'tools',
  'capture',
  'hash-ids',
  'upstream-host',
  'allow-host',
  'allow-origin',
  'connect-timeout',
  'idle-seconds',
  'max-clients',
  'max-tools',
  'max-sessions',
  'max-message-bytes',
  'segment-operations',
  'segment-seconds',
] as const satisfies readonly OptionName[];

export type ServerOption = (typeof SERVER_OPTIONS)[number];

/** The settings of one server, without its place. */
export type ServerSettings = Omit<Pick<SettingsOf<'http'>, ServerOption>, 'upstream' | 'name'>;

/** A server behind the proxy, and how a request finds it. */
export interface ServerConfig extends ServerSettings {
  name: string;
  upstream: URL;
  /** Where its clients connect. */
  listen: Address;
  /** In lower case, without a port; undefined: requests for any host find it. */
  host: string | undefined;
  /** Begins with `/`, and does not end with it; undefined: requests for any path find it. */
  path: string | undefined;
}

/** The settings of the process. */
export interface ProcessSettings extends Omit<SettingsOf<'http'>, ServerOption | 'store' | 'config'>, Telemetry {
  /** Path of the file that it is read from; undefined: from none. */
  config?: string | undefined;
  /** Path of the store; undefined: there is none. */
  store: string | undefined;
}

export interface ProxyConfig extends ProcessSettings {
  /** What the process is called in its own figures: as its server, where it has one. */
  name: string;
  /** At least one. */
  servers: readonly ServerConfig[];
}

/** Prints lines about a server. Where it is not the only one, and so the process has another name, each says which it is. */
export const sayAbout = (server: string, ofProcess: string, say: (line: string) => void): ((line: string) => void) =>
  server === ofProcess ? say : (line) => say(`${server}: ${line}`);

/** A proxy with one server, which all requests find. */
export function withOneServer({
  upstream,
  name,
  ...settings
}: ProcessSettings & ServerSettings & { upstream: URL; name: string }): ProxyConfig {
  const server: ServerConfig = { ...settings, name, upstream, host: undefined, path: undefined };
  return { ...settings, name, servers: [server] };
}
