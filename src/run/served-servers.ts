import type { ObservedServer, UpstreamAddress } from '../observer/setup.ts';
import type { ProxyConfig, ServerConfig } from '../settings/server-config.ts';
import { spanChoice } from '../settings/span-choice.ts';
import { addressText, isLoopbackName, isPrivateName, type Address } from '../transport/names.ts';
import type { ListenerOptions } from '../transport/http/relay.ts';
import type { ServedOptions } from '../transport/http/served.ts';
import type { UpstreamCertificates } from '../transport/http/upstream.ts';

/** A server of the proxy, as long as nothing about it changes. */
export interface ServedServer {
  readonly config: ServerConfig;
  /** Names it in wire events. It is kept while its sessions can go on: where it moves, too. */
  readonly index: number;
  /** Another number where it is served in another way. */
  readonly revision: number;
}

/** What a new configuration changed, by the names of servers. */
export interface Reloaded {
  added: readonly string[];
  changed: readonly string[];
  gone: readonly string[];
  /** How many there are now. */
  servers: number;
}

/** What becomes of the servers when there are others. */
export interface ServerChange {
  readonly servers: readonly ServedServer[];
  /** Those that are new, or other than before. */
  readonly changed: readonly ServedServer[];
  /** Indexes that are used no longer. */
  readonly retired: readonly number[];
}

/** Numbers the servers of a proxy, over all changes of its configuration. A server is known by its name. */
export class ServedServers {
  current: readonly ServedServer[] = [];
  #nextIndex = 0;
  #nextRevision = 0;

  /** What would become of them. It changes nothing. */
  plan(configs: readonly ServerConfig[]): ServerChange {
    const before = new Map(this.current.map((server) => [server.config.name, server]));
    const servers = configs.map((config): ServedServer => {
      const known = before.get(config.name);
      if (known !== undefined && textOf(known.config) === textOf(config)) return known;
      const sameView = known !== undefined && textOf(viewOf(known.config)) === textOf(viewOf(config));
      return { config, index: sameView ? known.index : this.#nextIndex++, revision: this.#nextRevision++ };
    });
    const kept = new Set(servers.map(({ index }) => index));
    return {
      servers,
      changed: servers.filter((server) => !this.current.includes(server)),
      retired: this.current.map(({ index }) => index).filter((index) => !kept.has(index)),
    };
  }

  take({ servers }: ServerChange): Reloaded {
    const before = new Map(this.current.map((server) => [server.config.name, server]));
    const now = new Set(servers.map(({ config }) => config.name));
    this.current = servers;
    const names = (which: (server: ServedServer, known: ServedServer | undefined) => boolean): string[] =>
      servers.filter((server) => which(server, before.get(server.config.name))).map(({ config }) => config.name);
    return {
      added: names((_server, known) => known === undefined),
      changed: names((server, known) => known !== undefined && known !== server),
      gone: [...before.keys()].filter((name) => !now.has(name)),
      servers: servers.length,
    };
  }
}

/** What the sessions of a server depend on. If anything else changes, they go on. */
function viewOf(config: ServerConfig): object {
  const {
    'upstream-ca': _ca,
    'upstream-cert': _cert,
    'upstream-key': _key,
    'upstream-host': _upstreamHost,
    'allow-host': _allowHost,
    'allow-origin': _allowOrigin,
    'connect-timeout': _connectTimeout,
    propagate: _propagate,
    upstream,
    listen,
    host: _host,
    path,
    ...view
  } = config;
  return { ...view, path: pathOf({ upstream, path }), listensOnLoopback: isLoopbackName(listen.host) };
}

/** The path that clients ask for. */
const pathOf = ({ upstream, path }: Pick<ServerConfig, 'upstream' | 'path'>): string => path ?? upstream.pathname;

const textOf = (config: object): string => JSON.stringify(config);

export interface RelayParts {
  instance: string;
  certificatesOf(server: ServedServer): UpstreamCertificates;
}

/** What the relay of one thread listens on. @param ports where listeners of the same key listen already */
export function listenersFor(
  config: ProxyConfig,
  servers: readonly ServedServer[],
  thread: number,
  { instance, certificatesOf }: RelayParts,
  ports: ReadonlyMap<string, number> = new Map(),
): ListenerOptions[] {
  const byAddress = Map.groupBy(servers, (server) => addressText(server.config.listen));
  return [...byAddress].map(([key, behind]) => {
    // A group has a member.
    const [{ config: first }] = behind as [ServedServer];
    return {
      key,
      listen: { host: first.listen.host, port: ports.get(key) ?? first.listen.port },
      servers: behind.map((server) => servedOptions(config, server, thread, instance, certificatesOf(server))),
    };
  });
}

function servedOptions(
  config: ProxyConfig,
  { config: server, index, revision }: ServedServer,
  thread: number,
  instance: string,
  certificates: UpstreamCertificates,
): ServedOptions {
  const { upstream, propagate } = server;
  const adds =
    config.signals.traces !== undefined &&
    (propagate === 'headers' || propagate === 'meta' || (propagate === 'auto' && isPrivateName(upstream.hostname)));
  return {
    index,
    revision,
    host: server.host,
    path: server.path,
    upstream: upstream.href,
    certificates,
    upstreamHost: server['upstream-host'],
    allowHost: server['allow-host'],
    allowOrigin: server['allow-origin'],
    connectTimeoutSeconds: server['connect-timeout'],
    maxMessageBytes: server['max-message-bytes'],
    propagation: spanChoice(server, { server: server.name, instance, thread, adds, sampler: config.sampler }),
    intoMeta: adds && propagate === 'meta',
  };
}

/** The servers as their observer gets them: a URL cannot be sent to a thread. @param urls where clients connect */
export const observedServers = (
  servers: readonly ServedServer[],
  urlOf: (server: ServedServer) => string,
): ObservedServer[] =>
  servers.map((server) => {
    const { index, config } = server;
    const { name, upstream, listen, host: _host, path, ...settings } = config;
    return {
      index,
      name,
      place: {
        kind: 'http',
        address: urlOf(server),
        path: pathOf({ upstream, path }),
        listensOnLoopback: isLoopbackName(listen.host),
        upstream: addressOf(upstream),
      },
      settings,
    };
  });

const addressOf = ({ protocol, hostname, port, pathname }: URL): UpstreamAddress => ({
  protocol,
  hostname: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || (protocol === 'https:' ? 443 : 80)),
  path: pathname,
});

/** Where clients of a server connect. @param listen with the port that it has */
export function clientsUrl(
  { config: { host, path, upstream } }: ServedServer,
  listen: Address,
  isTls: boolean,
): string {
  const own = path ?? (upstream.pathname === '/' ? '' : upstream.pathname);
  return `${isTls ? 'https' : 'http'}://${addressText({ host: host ?? listen.host, port: listen.port })}${own}`;
}
