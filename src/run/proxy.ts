import { TIMERS } from '../transport/timers.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import type { ProxyConfig } from '../settings/config.ts';
import { OBSERVER_THREAD, setupOf } from '../observer/setup.ts';
import { startSupervisor, type Supervisor } from '../observer/supervisor.ts';
import { UpstreamWatch } from '../observer/upstream-watch.ts';
import { withinMemory } from '../settings/memory-bounds.ts';
import { isObserved } from '../settings/observed.ts';
import { isExporting } from '../settings/signals.ts';
import { pageText } from '../settings/page-address.ts';
import { spanChoice } from '../settings/span-choice.ts';
import { certificateFiles } from '../settings/tls-settings.ts';
import { Upstream } from '../transport/http/upstream.ts';
import { UPSTREAM_FAULTS } from '../transport/upstream-fault.ts';
import { startRelayThread } from '../transport/http/relay-thread.ts';
import { countCutOffInWords } from '../reading/cut-off-words.ts';
import { counted } from '../reading/figures.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { startHealth, type Health } from '../transport/http/health.ts';
import { startRelay, type Relay, type RelayOptions } from '../transport/http/relay.ts';
import { addressText, isLoopbackName, isPrivateName } from '../transport/names.ts';
import { writeHealthFile } from './health-file.ts';
import { startCheck, type StartCheckOptions } from './start-check.ts';
import { createRing } from '../transport/wire/ring-writer.ts';
import { tryListening } from '../transport/listen.ts';
import { CertificateWatch } from '../transport/tls/certificate-watch.ts';

export interface Proxy {
  /** Where clients connect: the listener with the path of the upstream. */
  url: string;
  port: number;
  healthPort: number | undefined;
  /** The URL of the page; undefined: there is none. */
  page: string | undefined;
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
  /** Say at the start if the upstream cannot be reached. It sees a connection without a request. */
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

  const { upstream, ...settings } = config;
  const observed = isObserved(config);
  const propagates =
    config.signals.traces !== undefined &&
    (config.propagate === 'headers' ||
      config.propagate === 'meta' ||
      (config.propagate === 'auto' && isPrivateName(upstream.hostname)));
  const relays: Relay[] = [];
  const certificates = new CertificateWatch(certificateFiles(config), {
    timers: TIMERS,
    say,
    onRenewed: (renewed) => {
      for (const one of relays) one.renew(renewed);
    },
  });
  const { listener: identity } = certificates.current;
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const peerKey = randomBytes(PEER_KEY_BYTES).toString('base64');
  const relayOptions = (thread: number, port: number): RelayOptions => ({
    upstream: upstream.href,
    listen: { host: config.listen.host, port },
    tls: identity && { identity, ticketKeys },
    certificates: certificates.current,
    reusePort: config.threads > 1,
    upstreamHost: config['upstream-host'],
    allowHost: config['allow-host'],
    allowOrigin: config['allow-origin'],
    connectTimeoutSeconds: config['connect-timeout'],
    maxMessageBytes: config['max-message-bytes'],
    propagation: spanChoice(config, {
      server: config.name,
      instance,
      thread,
      adds: propagates,
      sampler: config.sampler,
    }),
    intoMeta: propagates && config.propagate === 'meta',
    // One ring for each thread was made above.
    ring: rings[thread] as (typeof rings)[number],
    peerKey,
    observed,
  });
  let ready = true;
  // Threads share the port. So that we do not share it with another mcpspan of the same user, it must be free now.
  if (config.threads > 1 && config.listen.port !== 0) await tryListening(config.listen);
  const relay = await startRelay(relayOptions(0, config.listen.port));
  relays.push(relay);
  let health: Health | undefined;
  try {
    for (let thread = 1; thread < config.threads; thread++)
      relays.push(await startRelayThread(relayOptions(thread, relay.port)));
    if (config.health !== undefined) health = await startHealth(config.health, () => ready);
    if (config['health-file'] !== undefined)
      writeHealthFile(config['health-file'], config.health && { ...config.health, port: health?.port ?? 0 }, say);
  } catch (error) {
    certificates.stop();
    await Promise.all(relays.map((one) => one.drain(0).closed));
    throw error;
  }
  const renew = (): void => void certificates.renew();
  // Without files to read again, a hang-up ends the process, as usual.
  if (certificates.hasFiles) process.on('SIGHUP', renew);
  const url = `${identity === undefined ? 'http' : 'https'}://${addressText({ host: config.listen.host, port: relay.port })}${upstream.pathname === '/' ? '' : upstream.pathname}`;
  const supervisor = observed
    ? startSupervisor({
        entry: options.observerEntry ?? OBSERVER_THREAD,
        setup: setupOf({
          settings,
          rings,
          self,
          instance,
          server: {
            kind: 'http',
            address: url,
            listensOnLoopback: isLoopbackName(config.listen.host),
            upstream: {
              protocol: upstream.protocol,
              hostname: upstream.hostname.replace(/^\[|\]$/g, ''),
              port: Number(upstream.port || (upstream.protocol === 'https:' ? 443 : 80)),
              path: upstream.pathname,
            },
          },
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
  const giveUpCheck =
    options.checksUpstream === true
      ? startCheck({
          upstream: new Upstream(upstream, false, config['connect-timeout'] * 1_000, certificates.current),
          timers: TIMERS,
          ...reportTo(supervisor, upstream.origin, say),
        })
      : undefined;
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), OBSERVER_START_MS));
  const page = await Promise.race([supervisor?.ready, late]);
  // On a busy machine the observer may take longer; then the page is announced later.
  void supervisor?.ready.then((opened) => {
    if (page === undefined && opened !== undefined)
      say(`the page is open now: ${pageText(opened, config['page-token'])}`);
  });

  return {
    url: url + upstream.search,
    page,
    port: relay.port,
    healthPort: health?.port,
    stop: async () => {
      ready = false;
      giveUpCheck?.();
      certificates.stop();
      process.off('SIGHUP', renew);
      await drain(relays, config, supervisor === undefined, say);
      await supervisor?.stop(FLUSH_MS);
      health?.close();
    },
  };
}

/**
 * Accepts requests for the drain delay, and then gives those in flight their time to end.
 * @param tellsCutOff there is no observer, which tells by name what was cut off
 */
async function drain(
  relays: readonly Relay[],
  config: Pick<ProxyConfig, 'drain-delay' | 'drain-seconds'>,
  tellsCutOff: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { 'drain-delay': delay, 'drain-seconds': seconds } = config;
  if (delay > 0) say(`stopping: not ready from now on; requests are accepted for ${delay} s more`);
  await new Promise((resolve) => setTimeout(resolve, delay * 1_000));
  const draining = relays.map((one) => one.drain(seconds * 1_000));
  const inFlight = sum(await Promise.all(draining.map((one) => one.inFlight)));
  if (inFlight > 0 && seconds > 0)
    say(
      `draining: ${counted(inFlight, 'request')} in flight ${inFlight === 1 ? 'has' : 'have'} up to ${seconds} s to end`,
    );
  const cut = sum(await Promise.all(draining.map((one) => one.closed)));
  if (cut > 0 && tellsCutOff) say(countCutOffInWords(cut, seconds));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** To the observer, which knows of the requests too; without one, to the terminal. */
function reportTo(
  supervisor: Supervisor | undefined,
  origin: string,
  say: (line: string) => void,
): Pick<StartCheckOptions, 'onUnreached' | 'onReached'> {
  if (supervisor !== undefined) {
    return {
      onUnreached: (fault) =>
        supervisor.tell({
          kind: 'upstream-unreached',
          fault: fault === undefined ? -1 : UPSTREAM_FAULTS.indexOf(fault),
        }),
      onReached: () => supervisor.tell({ kind: 'upstream-reached' }),
    };
  }
  const watch = new UpstreamWatch(origin, say);
  return {
    onUnreached: (fault) => watch.unreached(TIMERS.now(), fault),
    onReached: () => watch.reached(TIMERS.now()),
  };
}
