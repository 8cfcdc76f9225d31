import { randomInt } from 'node:crypto';
import type { DemoConfig, ProxyConfig } from '../config.ts';
import type { ClientReport } from '../observer-setup.ts';
import { startProxy, type Proxy } from '../proxy.ts';
import { NO_SIGNALS, SIGNAL_NAMES } from '../signals.ts';
import { play, type PlayReport } from '../simulator/player.ts';
import type { Profile } from '../simulator/profile.ts';
import { profiles } from '../simulator/profiles.ts';
import { startSimulatedServer } from '../simulator/server.ts';
import { clientJson, clientTable, type Row } from './client-table.ts';

export interface DemoSurroundings {
  /** A line for people. */
  tell(line: string): void;
  /** Resolves when the demo is to end. */
  stopped: Promise<void>;
}

interface Stage {
  name: string;
  proxy: Proxy;
  profiles: readonly Profile[];
}

/** Two years of one client must not be mixed into one figure: the later one talks to a server of its own name. */
const OF_ITS_OWN: Readonly<Record<string, string>> = { 'chatgpt-2026': '2026' };
const LIVE_LINE_MILLISECONDS = 500;
const DEFAULT_SEED = 1;

/** Plays simulated clients through the real relay, and prints what each did. Resolves with the exit code. */
export async function demo(config: DemoConfig, { tell, stopped }: DemoSurroundings): Promise<number> {
  const unknown = config.profile.filter((name) => !profiles.some((profile) => profile.name === name));
  for (const name of unknown)
    tell(`mcpspan: --profile: '${name}' is not one of ${profiles.map((profile) => profile.name).join(', ')}`);
  if (unknown.length > 0) return 2;

  const seed = config.seed ?? (config.export ? randomInt(1, 1_000_000) : DEFAULT_SEED);
  const server = config.upstream === undefined ? await startSimulatedServer({ seed }) : undefined;
  const upstream = config.upstream ?? new URL(server?.url ?? '');
  const stages = await openStages(config, upstream, tell);
  announce(config, stages, upstream, tell);

  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const progress = showProgress(tell);
  const round = (rounds: number | undefined): Promise<PlayReport[]> =>
    Promise.all(
      stages.map(({ proxy, profiles: played }) =>
        play({
          url: proxy.url,
          profiles: played,
          speed: config.speed,
          seed,
          rounds,
          signal: abort.signal,
          discover: config.upstream !== undefined,
          onEvent: progress.count,
        }),
      ),
    );
  const played = await round(1);
  progress.clear();
  await print(config, stages);
  for (const { profiles: reports } of played) {
    for (const { profile, skipped } of reports)
      for (const { why, steps } of skipped) tell(`  ${profile}: ${steps} steps left out: ${why}`);
  }
  if (!config.once && !abort.signal.aborted) {
    tell('The clients play on; Ctrl-C ends it.');
    await round(undefined);
    progress.clear();
    await print(config, stages);
  }
  progress.stop();
  await Promise.all(stages.map(({ proxy }) => proxy.stop()));
  await server?.close();
  return 0;
}

async function openStages(config: DemoConfig, upstream: URL, tell: (line: string) => void): Promise<Stage[]> {
  const chosen = config.profile.length === 0 ? profiles : profiles.filter(({ name }) => config.profile.includes(name));
  const base = config.name ?? (config.upstream === undefined ? 'quiz' : upstream.host);
  const groups = Map.groupBy(chosen, ({ name }) =>
    [base, OF_ITS_OWN[name]].filter((part) => part !== undefined).join('-'),
  );
  const stages: Stage[] = [];
  for (const [name, members] of groups) {
    const proxyConfig: ProxyConfig = {
      ...config,
      upstream,
      name,
      signals: config.export ? config.signals : NO_SIGNALS,
      listen: stages.length === 0 ? config.listen : { ...config.listen, port: 0 },
      page: stages.length === 0 ? config.page : undefined,
      health: stages.length === 0 ? config.health : undefined,
    };
    const options = { serviceName: 'mcpspan-demo', reports: true, say: (line: string) => tell(`mcpspan: ${line}`) };
    const proxy = await startProxy(proxyConfig, options).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      return startProxy({ ...proxyConfig, listen: { ...proxyConfig.listen, port: 0 }, health: undefined }, options);
    });
    stages.push({ name, proxy, profiles: members });
  }
  return stages;
}

function announce(config: DemoConfig, stages: readonly Stage[], upstream: URL, tell: (line: string) => void): void {
  tell('mcpspan demo');
  for (const { name, proxy, profiles: members } of stages) {
    tell(`  ${name.padEnd(9)} ${proxy.url}  ${members.map((profile) => profile.name).join(', ')}`);
  }
  tell(`  upstream  ${config.upstream === undefined ? 'a simulated server' : upstream.origin}`);
  const targets = SIGNAL_NAMES.flatMap((name) => (config.export ? (config.signals[name]?.target ?? []) : []));
  tell(`  exports   ${targets.length > 0 ? targets.join(', ') : 'nothing (with --export: where OTEL_* says)'}`);
}

async function print(config: DemoConfig, stages: readonly Stage[]): Promise<void> {
  const rows: Row[] = [];
  for (const { name, proxy } of stages) {
    const clients: readonly ClientReport[] = (await proxy.report()) ?? [];
    rows.push(...clients.map((client) => ({ server: name, ...client })));
  }
  const colours = process.stdout.isTTY && process.stdout.hasColors();
  process.stdout.write(config.json ? clientJson(rows) : clientTable(rows, colours));
}

function showProgress(tell: (line: string) => void): { count(): void; clear(): void; stop(): void } {
  let requests = 0;
  const terminal = process.stderr.isTTY;
  const from = performance.now();
  const write = (): void => {
    const seconds = Math.round((performance.now() - from) / 1_000);
    process.stderr.write(`\r\u001B[2K  ${requests} requests in ${seconds} s`);
  };
  const timer = terminal ? setInterval(write, LIVE_LINE_MILLISECONDS) : undefined;
  if (!terminal) tell('  playing …');
  return {
    count: () => {
      requests++;
    },
    clear: () => {
      if (terminal) process.stderr.write('\r\u001B[2K');
    },
    stop: () => clearInterval(timer),
  };
}
