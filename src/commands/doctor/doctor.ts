import { randomInt } from 'node:crypto';
import type { DoctorConfig } from '../../settings/doctor-config.ts';
import { SIGNAL_NAMES, type Environment } from '../../settings/signals.ts';
import { addressText, type Address } from '../../transport/names.ts';
import { now } from '../../transport/clock.ts';
import { checksJson, checksText, type Check, type Section } from './check.ts';
import { checkStore, checkVersions } from './machine.ts';
import { checkKnownAttempts } from './known-attempts.ts';
import { checkKnownUpstreams } from './known-upstreams.ts';
import { checkPort } from './port.ts';
import { checkServer, type ConnectionsTo, type LookedAtServer } from './server.ts';
import { checkSending } from './sending.ts';
import { checkVariables } from './variables.ts';
import { readHeaders } from '../target/headers.ts';
import { createConnections } from '../target/connections.ts';
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

  const proxy = await proxyOf(config);
  if ('problems' in proxy) {
    for (const one of proxy.problems) tell(`mcpspan: ${one}`);
    return 2;
  }
  const { process, servers } = proxy;
  const sections: Section[] = [];
  progress('this machine');
  sections.push({ title: 'This machine', checks: await checkMachine(process, proxy.listens) });
  progress('telemetry');
  sections.push({ title: 'Telemetry', checks: await checkTelemetry(env) });
  for (const [index, server] of servers.entries()) {
    if (abort.signal.aborted) break;
    const isNamed = config.file !== undefined;
    progress(isNamed ? `${server.name} (${index + 1} of ${servers.length})` : 'the upstream');
    sections.push({
      title: isNamed ? `Upstream of ${server.name}` : 'Upstream',
      checks: [
        ...(await checkServer(server, headers.headers, connectionsTo)),
        ...checkKnownAttempts(process.store, server.name, now),
      ],
    });
  }
  const upstreams = checkKnownUpstreams(process.store, now());
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
interface ProxySettings {
  process: Pick<DoctorConfig, 'page' | 'health' | 'store' | 'store-max-mb' | 'tls-cert'>;
  /** Where clients of its servers connect. */
  listens: readonly Address[];
  /** Those to look at. */
  servers: readonly LookedAtServer[];
}

/** Reads the configuration file, where there is one. */
async function proxyOf(config: DoctorConfig): Promise<ProxySettings | { problems: readonly string[] }> {
  const { upstream, listen, file } = config;
  if (file === undefined) {
    const server = upstream && { ...config, upstream, name: config.name ?? upstream.host, path: undefined };
    return { process: config, listens: [listen], servers: server === undefined ? [] : [server] };
  }
  const { readProxyConfig } = await import('../../settings/config-file.ts');
  const read = readProxyConfig(file.file, file.source);
  if (!read.ok) return read;
  const { servers, ...process } = read.config;
  const listens = new Map(servers.map((server) => [addressText(server.listen), server.listen]));
  return {
    process,
    listens: [...listens.values()],
    servers: servers.map((server) => ({ ...config, ...process, ...server })),
  };
}

async function checkMachine(
  { page, health, store, ...config }: ProxySettings['process'],
  listens: readonly Address[],
): Promise<Check[]> {
  const ports: Check[] = [];
  for (const listen of listens) ports.push(await checkPort('listen', listen, true));
  return [
    checkVersions(),
    ...ports,
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
