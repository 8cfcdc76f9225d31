import { play, type PlayReport } from '../../../src/simulator/player.ts';
import { neverReturns } from '../../../src/simulator/sign-in-profiles.ts';
import { SIGN_IN_PATH } from '../../../src/simulator/sign-in.ts';
import { profiles } from '../../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../../src/simulator/server.ts';
import { openCollector, type Collector } from './collector.ts';
import { startCollect } from './collect.ts';
import { startEverything } from './everything.ts';
import { startJaeger, type Jaeger } from './jaeger.ts';
import { startMcpspan, type Mcpspan } from './mcpspan.ts';
import { startOddServer } from './odd-server.ts';
import { freePorts } from './ports.ts';
import { startPrometheus, type Prometheus } from './prometheus.ts';
import { startTempo, TEMPO_BIN, type Tempo } from './tempo.ts';

/** Four servers, mcpspan before each, an `mcpspan collect`, and what their telemetry goes to. */
export interface Whole extends AsyncDisposable {
  /** Before the simulated server; clients that have sessions, or are modern. */
  readonly quiz: Mcpspan;
  /** Before the same server, for clients that send no session id; tells the upstream's part of operations apart. */
  readonly quiz2026: Mcpspan;
  /** Before the reference server, for official clients. */
  readonly everything: Mcpspan;
  /** Before a server that does what the others do not. */
  readonly shop: Mcpspan;
  readonly collector: Collector;
  readonly jaeger: Jaeger;
  readonly prometheus: Prometheus;
  /** Undefined where there is none. */
  readonly tempo: Tempo | undefined;
}

interface WholeOptions {
  /** After how much silence sessions end; by default none does. */
  readonly idleSeconds?: number;
  readonly withTempo?: boolean;
  /** Text of Prometheus' rule file. */
  readonly rules?: string;
}

export async function startWhole({
  idleSeconds = 600,
  withTempo = false,
  ...options
}: WholeOptions = {}): Promise<Whole> {
  await using stack = new AsyncDisposableStack();
  const server = await startSimulatedServer({});
  stack.defer(() => server.close());
  const reference = stack.use(await startEverything());
  const odd = stack.use(await startOddServer());
  const jaeger = stack.use(await startJaeger());
  const tempo = withTempo && TEMPO_BIN !== undefined ? stack.use(await startTempo()) : undefined;
  const [metricsPort = 0] = await freePorts(1);
  const prometheus = stack.use(await startPrometheus({ ...options, collector: `127.0.0.1:${metricsPort}` }));
  const backends = {
    jaeger: jaeger.otlp,
    prometheus: prometheus.otlp,
    ...(tempo !== undefined && { tempo: tempo.otlp }),
  };
  const collector = stack.use(await openCollector(backends, { metricsPort }));
  const before = async (url: string, name: string, ...args: string[]): Promise<Mcpspan> => {
    const always = ['--name', name, '--idle-seconds', String(idleSeconds)];
    return stack.use(await startMcpspan(url, collector, [...always, ...args]));
  };
  const quiz = await before(server.url, 'quiz');
  const quiz2026 = await before(server.url, 'quiz-2026', '--spans', 'server+client');
  const everything = await before(reference.url, 'everything');
  const shop = await before(odd.url, 'shop');
  const [collectPort = 0] = await freePorts(1);
  stack.use(await startCollect(collectPort, collector, ['--store', 'off', '--name', 'collected']));
  const telling = setInterval(() => void tellOfNothing(collectPort), 1_000);
  stack.defer(() => clearInterval(telling));
  const owned = stack.move();
  return {
    quiz,
    quiz2026,
    everything,
    shop,
    collector,
    jaeger,
    prometheus,
    tempo,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A span that is no operation of MCP is counted, and no server or client comes of it. */
async function tellOfNothing(port: number): Promise<void> {
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'GET /' }] }] }] });
  const headers = { 'content-type': 'application/json' };
  // At the end nobody listens any more.
  await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body }).catch(() => undefined);
}

/** Plays every simulated client. @param minutes of each, about, which pass in as many seconds */
export async function playEverybody({ quiz, quiz2026 }: Whole, minutes: number): Promise<readonly PlayReport[]> {
  const rounds = Math.ceil(minutes / 2);
  const [without, others] = [profiles.filter(isOfItsOwn), profiles.filter((profile) => !isOfItsOwn(profile))];
  const common = { speed: 60, seed: 1, rounds };
  return Promise.all([
    play({ ...common, url: quiz.url, profiles: others }),
    play({ ...common, url: quiz2026.url, profiles: without }),
  ]);
}

/** Plays a client that gets a token, and does not come back with it. */
export const goAway = ({ quiz }: Whole): Promise<PlayReport> =>
  play({ speed: 60, seed: 1, rounds: 1, url: new URL(SIGN_IN_PATH, quiz.url).href, profiles: [neverReturns] });

/** Under one name, two years of one client would be one figure that is true of neither. */
const isOfItsOwn = ({ name }: { name: string }): boolean => name === 'chatgpt-2026';
