import { randomInt } from 'node:crypto';
import type { DoctorConfig } from '../../settings/config.ts';
import { withOneServer } from '../../settings/server-config.ts';
import { startProxy, type Proxy } from '../../run/proxy.ts';
import { NO_SIGNALS, SIGNAL_NAMES, type Environment } from '../../settings/signals.ts';
import type { Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { now } from '../../transport/clock.ts';
import { version } from '../../version.ts';
import { checksJson, checksText, ok, problem, type Check, type Section } from './check.ts';
import { checkEndpoint } from './event-stream.ts';
import { checkStore, checkVersions } from './machine.ts';
import { checkKnownAttempts } from './known-attempts.ts';
import { checkKnownUpstreams } from './known-upstreams.ts';
import { checkPort } from './port.ts';
import { checkSending } from './sending.ts';
import { checkSignIn } from './sign-in.ts';
import { checkUpstream } from './upstream.ts';
import { checkVariables } from './variables.ts';
import { readHeaders } from '../target/headers.ts';
import { createConnections, type Connections, type TlsOptions } from '../target/connections.ts';
import { refusalOf } from '../target/reach.ts';
import { messageOf } from '../../transport/error-text.ts';
import { upstreamTls } from '../target/upstream-tls.ts';
import { checkListenerCertificate } from './certificates.ts';

export interface DoctorSurroundings {
  print(text: string): void;
  tell(line: string): void;
  progress(what: string | undefined): void;
  readonly colours: boolean;
  readonly stopped: Promise<void>;
  /** The environment of the process: the SDK reads `OTEL_*` from there by itself. */
  readonly env: Environment;
}

const OURSELVES: Manner = {
  name: 'doctor',
  client: { name: 'mcpspan-doctor', version },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': `mcpspan-doctor/${version}` },
  callMeta: {},
  opensStream: false,
};

/** Checks everything that mcpspan needs. Resolves with the exit code: 1 where there is a problem. */
export async function doctor(config: DoctorConfig, surroundings: DoctorSurroundings): Promise<number> {
  const { print, tell, progress, colours, stopped, env } = surroundings;
  const headers = readHeaders(config.header);
  if ('problems' in headers) {
    for (const one of headers.problems) tell(`mcpspan: ${one}`);
    return 2;
  }
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const connectionsTo: ConnectionsTo = (url, sent, tls = {}) =>
    createConnections({
      url,
      headers: sent,
      tls,
      timeoutMs: config.timeout * 1_000,
      seed: randomInt(1, 2 ** 31),
      signal: abort.signal,
    });

  const sections: Section[] = [];
  progress('this machine');
  sections.push({ title: 'This machine', checks: await checkMachine(config) });
  progress('telemetry');
  sections.push({ title: 'Telemetry', checks: await checkTelemetry(env) });
  const proxy = proxyOf(config);
  if (proxy !== undefined) {
    progress('the upstream');
    sections.push({
      title: 'Upstream',
      checks: [
        ...(await checkServer(proxy, headers.headers, connectionsTo)),
        ...checkKnownAttempts(config.store, proxy.name, now),
      ],
    });
  }
  const upstreams = checkKnownUpstreams(config.store, now());
  if (upstreams.length > 0) sections.push({ title: 'Upstreams of the mcpspan that runs', checks: upstreams });
  progress(undefined);
  if (abort.signal.aborted) {
    tell('mcpspan: stopped before the end');
    return 2;
  }
  print(config.json ? checksJson(sections) : checksText(sections, colours));
  return sections.some(({ checks }) => checks.some(({ state }) => state === 'problem')) ? 1 : 0;
}

/** What the proxy would be started with. */
interface ProxySettings extends DoctorConfig {
  /** The one to look at. */
  upstream: URL;
  name: string;
}

/** Undefined: no upstream was named. */
function proxyOf({ upstream, ...config }: DoctorConfig): ProxySettings | undefined {
  return upstream && { ...config, upstream, name: config.name ?? upstream.host };
}

async function checkMachine({ listen, page, health, store, ...config }: DoctorConfig): Promise<Check[]> {
  return [
    checkVersions(),
    await checkPort('listen', listen, true),
    ...checkListenerCertificate(config['tls-cert'], now()),
    ...(page === undefined ? [] : [await checkPort('page', page, false)]),
    ...(health === undefined ? [] : [await checkPort('health', health, true)]),
    ...(await checkStore(store, config['store-max-mb'])),
  ];
}

async function checkTelemetry(env: Environment): Promise<Check[]> {
  const { signals, checks } = await checkVariables(env);
  const sent = await Promise.all(
    SIGNAL_NAMES.map(async (name) => {
      const signal = signals[name];
      return signal === undefined ? [] : checkSending(name, signal, env);
    }),
  );
  return [...checks, ...sent.flat()];
}

type ConnectionsTo = (url: string, headers: Readonly<Record<string, string>>, tls?: TlsOptions) => Connections;

async function checkServer(
  config: ProxySettings,
  headers: Readonly<Record<string, string>>,
  connectionsTo: ConnectionsTo,
): Promise<Check[]> {
  const tls = upstreamTls(config);
  const direct = connectionsTo(config.upstream.href, headers, tls);
  const { checks, greeting, streams } = await checkUpstream(direct, OURSELVES, now);
  if (greeting === undefined && streams !== true) return [...checks];
  const proxy = await startOwn(config);
  try {
    const proxied = 'url' in proxy ? new URL(proxy.url) : undefined;
    if (greeting === undefined && proxied !== undefined)
      return [...checks, await checkEndpoint(connectionsTo(proxied.href, headers), OURSELVES)];
    return [
      ...checks,
      proxied === undefined || greeting === undefined
        ? problem('through mcpspan', 'stopped' in proxy ? proxy.stopped : '', 'check the addresses above')
        : await checkPassage(connectionsTo(proxied.href, headers), direct.url, greeting),
      ...(await checkSignIn(
        {
          direct: (own) => connectionsTo(direct.url, own, tls),
          proxied: proxied && ((own) => connectionsTo(proxied.href, own)),
        },
        { upstream: config.upstream, proxied },
        tls,
        OURSELVES,
      )),
    ];
  } finally {
    if ('url' in proxy) await proxy.stop();
  }
}

/** The proxy as it would be started, but on a free port, without output and without a store. */
async function startOwn(config: ProxySettings): Promise<Proxy | { readonly stopped: string }> {
  const own = withOneServer({
    ...config,
    signals: NO_SIGNALS,
    listen: { host: '127.0.0.1', port: 0 },
    'tls-cert': undefined,
    'tls-key': undefined,
    page: undefined,
    health: undefined,
    store: undefined,
    threads: 1,
    'drain-delay': 0,
    'drain-seconds': 0,
  });
  try {
    return await startProxy(own, { say: () => undefined });
  } catch (error) {
    return { stopped: messageOf(error) };
  }
}

/** Whether a handshake gets the same answer through the proxy. */
async function checkPassage(
  connections: Connections,
  upstream: string,
  direct: Extract<Reply, { kind: 'answered' }>,
): Promise<Check> {
  const what = 'through mcpspan';
  const conversation = connections.converse('passage');
  const reply = await conversation.connect(OURSELVES).open('new');
  await conversation.end();
  if (reply.kind === 'answered' && reply.status === direct.status) return ok(what, 'the same answer');
  const found =
    reply.kind === 'answered'
      ? `HTTP ${reply.status}, directly ${direct.status}`
      : (refusalOf(reply, upstream)?.what ?? 'no answer');
  return problem(
    what,
    found,
    'the upstream may check the Host: try --upstream-host upstream, or let the upstream accept the address of mcpspan',
  );
}
