import { TIMERS } from '../transport/timers.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import type { ProxyConfig } from '../settings/server-config.ts';
import { OBSERVER_THREAD, setupOf } from '../observer/setup.ts';
import { startSupervisor } from '../observer/supervisor.ts';
import { withinMemory } from '../settings/memory-bounds.ts';
import { isObserved } from '../settings/observed.ts';
import { isExporting } from '../settings/signals.ts';
import { pageText } from '../settings/page-address.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { startHealth, type Health } from '../transport/http/health.ts';
import { createRelay, type Relay, type RelayOptions } from '../transport/http/relay.ts';
import { startRelayThread } from '../transport/http/relay-thread.ts';
import { addressText } from '../transport/names.ts';
import { createRing } from '../transport/wire/ring-writer.ts';
import { tryListening } from '../transport/listen.ts';
import { drain } from './drain.ts';
import { writeHealthFile } from './health-file.ts';
import { openCertificates } from './open-certificates.ts';
import {
  clientsUrl,
  listenersFor,
  observedServers,
  ServedServers,
  type Reloaded,
  type ServedServer,
} from './served-servers.ts';
import { UpstreamChecks } from './upstream-checks.ts';

export interface ProxiedServer {
  readonly name: string;
  /** Where its clients connect: the listener with the path of the server. */
  readonly url: string;
  /** Where its requests go. */
  readonly upstream: string;
}

export interface Proxy {
  /** Where clients of the first server connect. */
  readonly url: string;
  readonly port: number;
  readonly servers: readonly ProxiedServer[];
  readonly healthPort: number | undefined;
  /** The URL of the page; undefined: there is none. */
  readonly page: string | undefined;
  /**
   * Serves the servers of another configuration. What is under way goes on. Rejects when it can't listen on an address;
   * nothing has changed then. All other settings stay as they were at the start.
   */
  reload(config: ProxyConfig): Promise<Reloaded>;
  /** Reports not ready, accepts requests for the drain delay, and then gives open calls `--drain-seconds` to end. */
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Replaces our observer thread. */
  observerEntry?: URL;
  /** Wins over `OTEL_SERVICE_NAME`. */
  serviceName?: string;
  /** What readers of the page must know about its data. */
  notice?: string;
  /** Say at the start if an upstream cannot be reached. It sees a connection without a request. */
  checksUpstream?: boolean;
  /** Prints a line for people. */
  say?(line: string): void;
}

/** How long telemetry may take to flush at the end. */
const FLUSH_MS = 3_000;

/** What `ticketKeys` of `node:tls` takes. */
const TICKET_KEY_BYTES = 48;
const PEER_KEY_BYTES = 32;

/** How long the start waits for the observer. If it is ready later, its ring has kept what came before. */
const OBSERVER_START_MS = 2_000;

/**
 * Starts the relay, health and, if anybody reads what it finds, the observer. Rejects when it cannot listen on an
 * address.
 */
export async function startProxy(wanted: ProxyConfig, options: ProxyOptions = {}): Promise<Proxy> {
  const say = options.say ?? ((line) => process.stderr.write(`mcpspan: ${line}\n`));
  const memory = withinMemory(wanted, process.constrainedMemory(), wanted.threads);
  const config = memory.settings;
  if (memory.spoolLowered !== undefined && isExporting(config.signals)) say(memory.spoolLowered);
  const self = new SelfCounters();
  const instance = randomUUID();
  const rings = Array.from({ length: config.threads }, () => createRing(config['observe-credit-bytes']));
  const observed = isObserved(config);
  const served = new ServedServers();
  const relays: Relay[] = [];
  const certificates = openCertificates(config, {
    say,
    onIdentity: (identity) => {
      for (const relay of relays) relay.renewIdentity(identity);
    },
    onUpstream: (index, renewed) => {
      for (const relay of relays) relay.renewUpstream(index, renewed);
    },
  });
  const { identity } = certificates;
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const peerKey = randomBytes(PEER_KEY_BYTES).toString('base64');
  const relayOptions = (thread: number): RelayOptions => ({
    tls: identity && { identity, ticketKeys },
    reusePort: config.threads > 1,
    // One ring for each thread was made above.
    ring: rings[thread] as (typeof rings)[number],
    peerKey,
    observed,
  });
  for (let thread = 0; thread < config.threads; thread++)
    relays.push(thread === 0 ? createRelay(relayOptions(0)) : startRelayThread(relayOptions(thread)));

  /** Where listeners listen, by their key. */
  let ports: ReadonlyMap<string, number> = new Map();
  const listenOn = async (next: ProxyConfig, servers: readonly ServedServer[]): Promise<void> => {
    const parts = { instance, certificatesOf: (server: ServedServer) => certificates.ofUpstream(server) };
    const listeners = listenersFor(next, servers, 0, parts);
    // Threads share a port. So that we do not share it with another mcpspan of the same user, it must be free now.
    for (const { key, listen } of listeners)
      if (config.threads > 1 && listen.port !== 0 && !ports.has(key)) await tryListening(listen);
    const [first, ...others] = relays;
    const found = (await first?.serve(listeners)) ?? [];
    ports = new Map(listeners.map(({ key }, index) => [key, found[index] ?? 0]));
    for (const [index, relay] of others.entries())
      await relay.serve(listenersFor(next, servers, index + 1, parts, ports));
  };
  const portOf = ({ config: { listen } }: ServedServer): number => ports.get(addressText(listen)) ?? listen.port;
  const urlOf = (server: ServedServer): string =>
    clientsUrl(server, { host: server.config.listen.host, port: portOf(server) }, identity !== undefined);

  let ready = true;
  let health: Health | undefined;
  const start = served.plan(config.servers);
  try {
    certificates.watch(start.servers);
    await listenOn(config, start.servers);
    if (config.health !== undefined) health = await startHealth(config.health, () => ready);
    if (config['health-file'] !== undefined)
      writeHealthFile(config['health-file'], config.health && { ...config.health, port: health?.port ?? 0 }, say);
  } catch (error) {
    certificates.stop();
    await Promise.all(relays.map((relay) => relay.drain(0).closed));
    throw error;
  }
  served.take(start);
  const { servers: _servers, ...settings } = config;
  const supervisor = observed
    ? startSupervisor({
        entry: options.observerEntry ?? OBSERVER_THREAD,
        setup: setupOf({
          settings,
          rings,
          self,
          instance,
          servers: observedServers(start.servers, urlOf),
          serviceName: options.serviceName,
          notice: options.notice,
        }),
        self,
        timers: TIMERS,
        heapMb: memory.observerHeapMb,
        say,
        print: (text) => void process.stderr.write(text),
      })
    : undefined;
  const checks = new UpstreamChecks({
    supervisor,
    say,
    certificatesOf: (server) => certificates.ofUpstream(server),
    name: config.name,
  });
  if (options.checksUpstream === true) checks.start(start.changed);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), OBSERVER_START_MS));
  const page = await Promise.race([supervisor?.ready, late]);
  // On a busy machine the observer may take longer; then the page is announced later.
  void supervisor?.ready.then((opened) => {
    if (page === undefined && opened !== undefined)
      say(`the page is open now: ${pageText(opened, config['page-token'])}`);
  });

  const proxied = (): ProxiedServer[] =>
    served.current.map((server) => ({
      name: server.config.name,
      url: urlOf(server) + server.config.upstream.search,
      upstream: server.config.upstream.origin,
    }));
  const [first] = proxied();
  return {
    url: first?.url ?? '',
    port: served.current[0] === undefined ? 0 : portOf(served.current[0]),
    get servers() {
      return proxied();
    },
    page,
    healthPort: health?.port,
    reload: async (next) => {
      const change = served.plan(next.servers);
      // Until it is certain that they are served, both have theirs.
      certificates.watch([...served.current, ...change.servers]);
      // The observer knows a server before its first exchange comes.
      await supervisor?.open(observedServers(change.changed, urlOf));
      try {
        await listenOn(next, change.servers);
      } catch (error) {
        certificates.watch(served.current);
        const known = new Set(served.current.map(({ index }) => index));
        supervisor?.retire(change.changed.map(({ index }) => index).filter((index) => !known.has(index)));
        await supervisor?.open(observedServers(served.current, urlOf));
        throw error;
      }
      const reloaded = served.take(change);
      certificates.watch(change.servers);
      supervisor?.retire(change.retired);
      checks.stop(change.retired);
      checks.stop(change.changed.map(({ index }) => index));
      if (options.checksUpstream === true) checks.start(change.changed);
      return reloaded;
    },
    stop: async () => {
      ready = false;
      checks.stop();
      certificates.stop();
      await drain(relays, config, supervisor === undefined, say);
      await supervisor?.stop(FLUSH_MS);
      health?.close();
    },
  };
}
