import { startProxy, type Proxy } from '../../run/proxy.ts';
import type { DoctorConfig } from '../../settings/doctor-config.ts';
import { withOneServer } from '../../settings/server-config.ts';
import { NO_SIGNALS } from '../../settings/signals.ts';
import type { Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { now } from '../../transport/clock.ts';
import { messageOf } from '../../transport/error-text.ts';
import { version } from '../../version.ts';
import type { Connections, TlsOptions } from '../target/connections.ts';
import { refusalOf } from '../target/reach.ts';
import { upstreamTls } from '../target/upstream-tls.ts';
import { ok, problem, type Check } from './check.ts';
import { checkEndpoint } from './event-stream.ts';
import { checkSignIn } from './sign-in.ts';
import { checkUpstream } from './upstream.ts';

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

/** A server to look at, with what the proxy would be started with. */
export interface LookedAtServer extends DoctorConfig {
  upstream: URL;
  name: string;
  /** The path of requests that find it; undefined: that of the upstream. */
  path: string | undefined;
}

export type ConnectionsTo = (url: string, headers: Readonly<Record<string, string>>, tls?: TlsOptions) => Connections;

/** Checks a server, directly and through mcpspan. */
export async function checkServer(
  config: LookedAtServer,
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
async function startOwn(config: LookedAtServer): Promise<Proxy | { readonly stopped: string }> {
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
    const servers = own.servers.map((server) => ({ ...server, path: config.path }));
    return await startProxy({ ...own, servers }, { say: () => undefined });
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
