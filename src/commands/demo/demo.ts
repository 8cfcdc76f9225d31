import { randomInt } from 'node:crypto';
import type { DemoConfig, ProxyConfig } from '../../settings/config.ts';
import { startProxy, type Proxy } from '../../run/proxy.ts';
import { NO_SIGNALS, SIGNAL_NAMES } from '../../settings/signals.ts';
import { play, type PlayReport } from '../../simulator/player.ts';
import type { Profile } from '../../simulator/profile.ts';
import { profiles, roster } from '../../simulator/profiles.ts';
import { startSimulatedServer } from '../../simulator/server.ts';
import { clockTime } from '../../reading/figures.ts';
import { grownApp } from './grown-app.ts';
import { inCourse, visitors } from './visits.ts';
import { now } from '../../transport/clock.ts';
import { tryListening } from '../../transport/listen.ts';
import { clientJson, clientTable } from './client-table.ts';
import { clientsSince, openDemoStore } from './demo-store.ts';
import type { Out } from '../terminal/out.ts';
import { progressOn } from '../terminal/progress.ts';

export interface DemoSurroundings {
  /** Where the table goes. */
  out: Pick<Out, 'colours' | 'write'>;
  /** A line for people. */
  tell(line: string): void;
  /** Resolves when the demo is to end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  wallClock(): number;
}

interface Stage {
  name: string;
  proxy: Proxy;
  profiles: readonly Profile[];
}

/** What one name stands for must not be mixed into one figure: one of the two talks to a server of its own name. */
const OF_ITS_OWN: Readonly<Record<string, { name: string; beside: readonly string[] | 'any' }>> = {
  'chatgpt-2026': { name: '2026', beside: 'any' },
  'claude-ai-2026-07': { name: '2026', beside: 'any' },
  'mcp-remote': { name: 'bridge', beside: ['claude-2026-03'] },
  'reconnect-loop': { name: 'loop', beside: ['cursor'] },
};
const LIVE_LINE_MS = 500;
/** By then what happened is in the store, which is written once a second. */
const WRITTEN_AFTER_MS = 1_500;
const DEFAULT_SEED = 1;
/** A round takes some seconds. */
const DEFAULT_SPEED = 20;
/** What follows upon an hour of the past shall not dwarf it. */
const DEFAULT_SPEED_AFTER_AN_HOUR = 2;

/** Plays simulated clients through the real relay, and prints what each did. Resolves with the exit code. */
export async function demo(config: DemoConfig, { out, tell, stopped, wallClock }: DemoSurroundings): Promise<number> {
  const unknown = config.profile.filter((name) => !roster.some((profile) => profile.name === name));
  for (const name of unknown)
    tell(`mcpspan: --profile: '${name}' is not one of ${roster.map((profile) => profile.name).join(', ')}`);
  if (unknown.length > 0) return 2;

  const seed = config.seed ?? (config.export ? randomInt(1, 1_000_000) : DEFAULT_SEED);
  const past = hasPast(config);
  const offer = past ? { offer: grownApp } : {};
  const server = config.upstream === undefined ? await startSimulatedServer({ seed, ...offer }) : undefined;
  const upstream = config.upstream ?? new URL(server?.url ?? '');
  const copies = shareOut(chosenFor(config), config.clients);
  const groups = grouped(config, [...copies.keys()], upstream);
  using store = openDemoStore(config);
  const startedAt = wallClock();
  if (past) {
    const { writeHistory } = await import('./history.ts');
    const say = (line: string): void => tell(`mcpspan: ${line}`);
    await writeHistory({ path: store.path, seed, now: startedAt, minutes: 60, servers: groups, say });
  }
  const notice = past
    ? `Demo: simulated clients. What is older than ${clockTime(startedAt, startedAt)} was played before, on a faster clock.`
    : 'Demo: simulated clients.';
  const playedSince = wallClock();
  const stages = await openStages({ ...config, store: store.path, notice }, groups, upstream, tell);
  announce(config, stages, upstream, past, tell);

  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const progress = showProgress(tell);
  const round = (rounds: number | undefined, speed: number): Promise<PlayReport[]> =>
    Promise.all(
      stages.map(({ proxy, profiles: played }) =>
        play({
          url: proxy.url,
          profiles: past ? played.map(inCourse) : played,
          ...(past && { tools: grownApp.tools }),
          speed,
          copies: new Map(Array.from(copies, ([{ name }, count]) => [name, count])),
          ...(config.rate !== undefined && { rate: (config.rate * sum(played, copies)) / sum(copies.keys(), copies) }),
          seed,
          rounds,
          signal: abort.signal,
          discover: config.upstream !== undefined,
          onEvent: progress.count,
        }),
      ),
    );
  /** Returns whether there was a table to print. */
  const print = (): boolean => {
    const names = stages.map(({ name }) => name);
    const clients = clientsSince(playedSince, names, store, wallClock);
    progress.clear();
    if ('trouble' in clients) tell(`mcpspan: there is no table: ${clients.trouble}`);
    else out.write(config.json ? clientJson(clients) : clientTable(clients, out.colours));
    return !('trouble' in clients);
  };

  const played = await round(1, config.speed ?? DEFAULT_SPEED);
  progress.clear();
  for (const { profiles: reports } of played) {
    for (const { profile, skipped } of reports)
      for (const { why, steps } of skipped) tell(`  ${profile}: ${steps} steps left out: ${why}`);
  }
  if (!config.once && !abort.signal.aborted) {
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, WRITTEN_AFTER_MS))]);
    print();
    tell('The clients play on; Ctrl-C ends it.');
    await round(undefined, config.speed ?? (past ? DEFAULT_SPEED_AFTER_AN_HOUR : DEFAULT_SPEED));
  }
  progress.stop();
  await Promise.all(stages.map(({ proxy }) => proxy.stop()));
  await server?.close();
  return print() ? 0 : 1;
}

/** Whoever opens the page shall see an hour at once, if it is shown at all. */
const hasPast = ({ once, upstream, store, page }: DemoConfig): boolean =>
  !once && upstream === undefined && store === 'default' && page !== undefined;

/** Where the page can be: a demo is no reason to end another mcpspan. */
async function freePage(page: DemoConfig['page']): Promise<DemoConfig['page']> {
  if (page === undefined || page.port === 0) return page;
  return tryListening(page).then(
    () => page,
    () => ({ ...page, port: 0 }),
  );
}

const chosenFor = (config: DemoConfig): readonly Profile[] =>
  config.profile.length === 0
    ? [...profiles, ...(hasPast(config) ? visitors : [])]
    : roster.filter(({ name }) => config.profile.includes(name));

/** How many clients play each profile: they go round the table. Fewer clients than profiles leave some out. */
function shareOut(chosen: readonly Profile[], clients = chosen.length): ReadonlyMap<Profile, number> {
  const copies = chosen.map((profile, index): [Profile, number] => {
    return [profile, Math.floor(clients / chosen.length) + (index < clients % chosen.length ? 1 : 0)];
  });
  return new Map(copies.filter(([, count]) => count > 0));
}

const sum = (played: Iterable<Profile>, copies: ReadonlyMap<Profile, number>): number =>
  [...played].reduce((total, profile) => total + (copies.get(profile) ?? 0), 0);

/** Who talks to which server. */
function grouped(
  config: Pick<DemoConfig, 'name' | 'upstream'>,
  chosen: readonly Profile[],
  upstream: URL,
): { name: string; profiles: readonly Profile[] }[] {
  const base = config.name ?? (config.upstream === undefined ? 'quiz' : upstream.host);
  const groups = Map.groupBy(chosen, ({ name }) => {
    const own = OF_ITS_OWN[name];
    const apart =
      own !== undefined && (own.beside === 'any' || chosen.some((other) => own.beside.includes(other.name)));
    return apart ? `${base}-${own.name}` : base;
  });
  return [...groups].map(([name, members]) => ({ name, profiles: members }));
}

async function openStages(
  config: Omit<DemoConfig, 'store'> & { store: string; notice: string },
  groups: readonly { name: string; profiles: readonly Profile[] }[],
  upstream: URL,
  tell: (line: string) => void,
): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const { name, profiles: members } of groups) {
    const proxyConfig: ProxyConfig = {
      ...config,
      upstream,
      name,
      signals: config.export ? config.signals : NO_SIGNALS,
      listen: stages.length === 0 ? config.listen : { ...config.listen, port: 0 },
      // One shows all, as they write to one store; after a single round there is nobody to look at it.
      page: stages.length === 0 && !config.once ? await freePage(config.page) : undefined,
      health: stages.length === 0 ? config.health : undefined,
      // Simulated clients know that it ends.
      'drain-delay': 0,
    };
    const options = {
      serviceName: 'mcpspan-demo',
      notice: config.notice,
      say: (line: string) => tell(`mcpspan: ${line}`),
    };
    const proxy = await startProxy(proxyConfig, options).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      return startProxy({ ...proxyConfig, listen: { ...proxyConfig.listen, port: 0 }, health: undefined }, options);
    });
    stages.push({ name, proxy, profiles: members });
  }
  return stages;
}

function announce(
  config: Pick<DemoConfig, 'upstream' | 'signals' | 'export'>,
  stages: readonly Stage[],
  upstream: URL,
  past: boolean,
  tell: (line: string) => void,
): void {
  tell('mcpspan demo');
  for (const { name, proxy, profiles: members } of stages) {
    tell(`  ${name.padEnd(9)} ${proxy.url}  ${members.map((profile) => profile.name).join(', ')}`);
  }
  const page = stages[0]?.proxy.page;
  if (page !== undefined) tell(`  page      ${page}`);
  if (past) tell('  history   the hour before the start was made up, by the same clients');
  tell(`  upstream  ${config.upstream === undefined ? 'a simulated server' : upstream.origin}`);
  const targets = SIGNAL_NAMES.flatMap((name) => (config.export ? (config.signals[name]?.target ?? []) : []));
  tell(`  exports   ${targets.length > 0 ? targets.join(', ') : 'nothing (with --export: where OTEL_* says)'}`);
}

function showProgress(tell: (line: string) => void): { count(): void; clear(): void; stop(): void } {
  let requests = 0;
  const terminal = process.stderr.isTTY;
  const progress = progressOn(process.stderr);
  const from = now();
  const write = (): void => progress(`${requests} requests in ${Math.round((now() - from) / 1_000)} s`);
  const timer = terminal ? setInterval(write, LIVE_LINE_MS) : undefined;
  if (!terminal) tell('  playing …');
  return {
    count: () => {
      requests++;
    },
    clear: () => progress(),
    stop: () => clearInterval(timer),
  };
}
