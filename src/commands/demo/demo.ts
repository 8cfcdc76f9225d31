import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoConfig, ProxyConfig } from '../../settings/config.ts';
import type { ClientReport } from '../../observer/setup.ts';
import { startProxy, type Proxy } from '../../run/proxy.ts';
import { NO_SIGNALS, SIGNAL_NAMES } from '../../settings/signals.ts';
import { play, type PlayReport } from '../../simulator/player.ts';
import type { Profile } from '../../simulator/profile.ts';
import { profiles, roster } from '../../simulator/profiles.ts';
import { startSimulatedServer } from '../../simulator/server.ts';
import { clockTime } from '../../reading/figures.ts';
import { course } from './course.ts';
import { inCourse, visitors } from './visits.ts';
import { tryListening } from '../../transport/listen.ts';
import { hasColours } from '../terminal/out.ts';
import { progressOn } from '../terminal/progress.ts';
import { clientJson, clientTable, type Row } from './client-table.ts';

export interface DemoSurroundings {
  /** A line for people. */
  tell(line: string): void;
  /** Resolves when the demo is to end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  wallClock(): number;
}

/** How hard the clients play; undefined: one of each, with the pauses that people make. */
export interface DemoLoad {
  clients: number | undefined;
  /** Requests a second, of all together. */
  rate: number | undefined;
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
const DEFAULT_SEED = 1;
/** A round takes some seconds. */
const DEFAULT_SPEED = 20;
/** What follows upon an hour of the past shall not dwarf it. */
const DEFAULT_SPEED_AFTER_AN_HOUR = 2;

/** Plays simulated clients through the real relay, and prints what each did. Resolves with the exit code. */
export async function demo(
  config: DemoConfig & Partial<DemoLoad>,
  { tell, stopped, wallClock }: DemoSurroundings,
): Promise<number> {
  const unknown = config.profile.filter((name) => !roster.some((profile) => profile.name === name));
  for (const name of unknown)
    tell(`mcpspan: --profile: '${name}' is not one of ${roster.map((profile) => profile.name).join(', ')}`);
  if (unknown.length > 0) return 2;

  const seed = config.seed ?? (config.export ? randomInt(1, 1_000_000) : DEFAULT_SEED);
  const past = hasPast(config);
  const offer = past ? { offer: course } : {};
  const server = config.upstream === undefined ? await startSimulatedServer({ seed, ...offer }) : undefined;
  const upstream = config.upstream ?? new URL(server?.url ?? '');
  const copies = shareOut(chosenFor(config), config.clients);
  const groups = grouped(config, [...copies.keys()], upstream);
  using record = openRecord(config);
  const startedAt = wallClock();
  if (past && record.path !== undefined) {
    const { writeHistory } = await import('./history.ts');
    const say = (line: string): void => tell(`mcpspan: ${line}`);
    await writeHistory({ path: record.path, seed, now: startedAt, minutes: 60, servers: groups, say });
  }
  const notice = past
    ? `Demo: simulated clients. What is older than ${clockTime(startedAt, startedAt)} was played before, on a faster clock.`
    : 'Demo: simulated clients.';
  const stages = await openStages({ ...config, store: record.path, notice }, groups, upstream, tell);
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
          ...(past && { tools: course.tools }),
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
  const played = await round(1, config.speed ?? DEFAULT_SPEED);
  progress.clear();
  await print(config, stages);
  for (const { profiles: reports } of played) {
    for (const { profile, skipped } of reports)
      for (const { why, steps } of skipped) tell(`  ${profile}: ${steps} steps left out: ${why}`);
  }
  if (!config.once && !abort.signal.aborted) {
    tell('The clients play on; Ctrl-C ends it.');
    await round(undefined, config.speed ?? (past ? DEFAULT_SPEED_AFTER_AN_HOUR : DEFAULT_SPEED));
    progress.clear();
    await print(config, stages);
  }
  progress.stop();
  await Promise.all(stages.map(({ proxy }) => proxy.stop()));
  await server?.close();
  return 0;
}

/** Whoever opens the page shall see an hour at once, if it is shown at all. */
const hasPast = ({ once, upstream, store, page }: DemoConfig): boolean =>
  !once && upstream === undefined && store === 'default' && page !== undefined;

/** What simulated clients do is not kept among what real ones did, unless that is asked for. */
function openRecord({ store, once }: Pick<DemoConfig, 'store' | 'once'>): { path: string | undefined } & Disposable {
  const kept = { [Symbol.dispose]: () => undefined };
  if (store !== 'default') return { path: store === 'off' ? undefined : store.path, ...kept };
  if (once) return { path: undefined, ...kept };
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-demo-'));
  return { path: join(folder, 'store.db'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

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
  config: Omit<DemoConfig, 'store'> & { store: string | undefined; notice: string },
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
      reports: true,
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

async function print(config: DemoConfig, stages: readonly Stage[]): Promise<void> {
  const rows: Row[] = [];
  for (const { name, proxy } of stages) {
    const clients: readonly ClientReport[] = (await proxy.report()) ?? [];
    rows.push(...clients.map((client) => ({ server: name, ...client })));
  }
  process.stdout.write(config.json ? clientJson(rows) : clientTable(rows, hasColours(process.stdout)));
}

function showProgress(tell: (line: string) => void): { count(): void; clear(): void; stop(): void } {
  let requests = 0;
  const terminal = process.stderr.isTTY;
  const progress = progressOn(process.stderr);
  const from = performance.now();
  const write = (): void => progress(`${requests} requests in ${Math.round((performance.now() - from) / 1_000)} s`);
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
