import { randomInt } from 'node:crypto';
import type { DemoConfig } from '../../settings/config.ts';
import { withOneServer } from '../../settings/server-config.ts';
import { startProxy, type Proxy } from '../../run/proxy.ts';
import { pageText } from '../../settings/page-address.ts';
import { NO_SIGNALS, SIGNAL_NAMES } from '../../settings/signals.ts';
import { play, type PlayReport } from '../../simulator/player.ts';
import type { Profile } from '../../simulator/profile.ts';
import { profiles, roster } from '../../simulator/profiles.ts';
import { startSimulatedServer } from '../../simulator/server.ts';
import { SIGN_IN_PATH } from '../../simulator/sign-in.ts';
import { clockTime } from '../../reading/figures.ts';
import { grownApp } from './grown-app.ts';
import { withGrownApp, visitors } from './visits.ts';
import { now } from '../../transport/clock.ts';
import { TIMERS } from '../../transport/timers.ts';
import { tryListening } from '../../transport/listen.ts';
import { clientJson, clientTable } from './client-table.ts';
import { clientsSince, openDemoStore } from './demo-store.ts';
import type { Out } from '../terminal/out.ts';
import { progressOn } from '../terminal/progress.ts';

export interface DemoSurroundings {
  /** Where the table goes. */
  out: Pick<Out, 'colours' | 'write'>;
  /** Prints a line for people. */
  tell(line: string): void;
  /** Resolves when the demo has to end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  wallClock(): number;
}

interface ServerGroup {
  name: string;
  proxy: Proxy;
  profiles: readonly Profile[];
}

/** Two profiles with one client label must not share a figure, so one of them gets a server name of its own. */
const OWN_SERVER_NAMES: Readonly<Record<string, { name: string; beside: readonly string[] | 'any' }>> = {
  'chatgpt-2026': { name: '2026', beside: 'any' },
  'claude-ai-2026-07': { name: '2026', beside: 'any' },
  'mcp-remote': { name: 'bridge', beside: ['claude-2026-03'] },
  'reconnect-loop': { name: 'loop', beside: ['cursor'] },
};
/** Clients that sign in have a server of their own, as only there one has to. */
const SIGN_IN_NAME = 'signin';
const LIVE_LINE_MS = 500;
/** How long it takes until events are in the store, which is written once a second. */
const WRITTEN_AFTER_MS = 1_500;
const DEFAULT_SEED = 1;
/** At this speed a round takes some seconds. */
const DEFAULT_SPEED = 20;
/** Slower, so that the live part does not dwarf the hour before it. */
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
    const settings = { capture: config.capture };
    await writeHistory({ path: store.path, seed, now: startedAt, minutes: 60, servers: groups, settings, say });
  }
  const notice = past
    ? `Demo: simulated clients. Everything before ${clockTime(startedAt, startedAt)} was made up, on a faster clock.`
    : 'Demo: simulated clients.';
  const playedSince = wallClock();
  const opened = await openGroups({ ...config, store: store.path, notice }, groups, upstream, tell);
  announce(config, opened, upstream, past, tell);

  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const progress = showProgress(tell);
  const round = (rounds: number | undefined, speed: number): Promise<PlayReport[]> =>
    Promise.all(
      opened.map(({ proxy, profiles: played }) =>
        play({
          url: proxy.url,
          trusted: true,
          profiles: past ? played.map(withGrownApp) : played,
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
    const names = opened.map(({ name }) => name);
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
      for (const { why, steps } of skipped) tell(`  ${profile}: ${steps} steps skipped: ${why}`);
  }
  if (!config.once && !abort.signal.aborted) {
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, WRITTEN_AFTER_MS))]);
    print();
    tell('The clients play on; Ctrl-C ends it.');
    await round(undefined, config.speed ?? (past ? DEFAULT_SPEED_AFTER_AN_HOUR : DEFAULT_SPEED));
  }
  progress.stop();
  await Promise.all(opened.map(({ proxy }) => proxy.stop()));
  await server?.close();
  return print() ? 0 : 1;
}

/** Whether to make up an hour of history: whoever opens the page sees it at once. */
const hasPast = ({ once, upstream, store, page }: DemoConfig): boolean =>
  !once && upstream === undefined && store === 'default' && page !== undefined;

/** Where the page can be. Takes any free port if another mcpspan has this one. */
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

/** How many clients play each profile. They are dealt out in turn; fewer clients than profiles leave some profiles out. */
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
  const groups = Map.groupBy(chosen, ({ name, signsIn }) => {
    if (signsIn === true) return `${base}-${SIGN_IN_NAME}`;
    const own = OWN_SERVER_NAMES[name];
    const apart =
      own !== undefined && (own.beside === 'any' || chosen.some((other) => own.beside.includes(other.name)));
    return apart ? `${base}-${own.name}` : base;
  });
  return [...groups].map(([name, members]) => ({ name, profiles: members }));
}

async function openGroups(
  config: Omit<DemoConfig, 'store'> & { store: string; notice: string },
  groups: readonly { name: string; profiles: readonly Profile[] }[],
  upstream: URL,
  tell: (line: string) => void,
): Promise<ServerGroup[]> {
  const opened: ServerGroup[] = [];
  for (const { name, profiles: members } of groups) {
    const signsIn = config.upstream === undefined && members.some((profile) => profile.signsIn);
    const settings = {
      ...config,
      upstream: signsIn ? new URL(SIGN_IN_PATH, upstream) : upstream,
      name,
      signals: config.export ? config.signals : NO_SIGNALS,
      listen: opened.length === 0 ? config.listen : { ...config.listen, port: 0 },
      // One page shows all of them, because they share a store; with --once nobody would look at it.
      page: opened.length === 0 && !config.once ? await freePage(config.page) : undefined,
      health: opened.length === 0 ? config.health : undefined,
      'health-file': opened.length === 0 ? config['health-file'] : undefined,
      // Simulated clients need no time to notice the end.
      'drain-delay': 0,
    };
    const options = {
      serviceName: 'mcpspan-demo',
      notice: config.notice,
      say: (line: string) => tell(`mcpspan: ${line}`),
    };
    const proxy = await startProxy(withOneServer(settings), options).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      const elsewhere = { ...settings, listen: { ...settings.listen, port: 0 }, health: undefined };
      return startProxy(withOneServer(elsewhere), options);
    });
    opened.push({ name, proxy, profiles: members });
  }
  return opened;
}

function announce(
  config: Pick<DemoConfig, 'upstream' | 'signals' | 'export' | 'page-token'>,
  opened: readonly ServerGroup[],
  upstream: URL,
  past: boolean,
  tell: (line: string) => void,
): void {
  tell('mcpspan demo');
  const width = Math.max(9, ...opened.map(({ name }) => name.length));
  for (const { name, proxy, profiles: members } of opened) {
    tell(`  ${name.padEnd(width)} ${proxy.url}  ${members.map((profile) => profile.name).join(', ')}`);
  }
  const page = opened[0]?.proxy.page;
  if (page !== undefined) tell(`  page      ${pageText(page, config['page-token'])}`);
  if (past) tell('  history   the hour before the start was made up, by the same clients');
  tell(`  upstream  ${config.upstream === undefined ? 'a simulated server' : upstream.origin}`);
  const targets = SIGNAL_NAMES.flatMap((name) => (config.export ? (config.signals[name]?.target ?? []) : []));
  tell(`  exports   ${targets.length > 0 ? targets.join(', ') : 'nothing (with --export: where OTEL_* says)'}`);
}

function showProgress(tell: (line: string) => void): { count(): void; clear(): void; stop(): void } {
  let requests = 0;
  const terminal = process.stderr.isTTY;
  const progress = progressOn(process.stderr, TIMERS);
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
