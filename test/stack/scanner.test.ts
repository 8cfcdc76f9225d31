import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { play } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { speakTo } from '../e2e/speaker.ts';
import { httpServer } from '../support/listen.ts';
import { eventually } from './support/eventually.ts';
import { startMcpspan } from './support/mcpspan.ts';
import { sumOf } from './support/prometheus.ts';
import { startWhole, type Whole } from './support/whole.ts';

// Somebody tries methods, tools and client names that nobody has, thousands of them: what does it cost the backends?

const SCANNERS = 8;
const ROUNDS = 12;
/** More than the clients that are told apart (--max-clients, 50). */
const FEW = 20;
const STRANGERS = 80;
/** After so many operations a trace is full (--segment-operations), and the next one begins. */
const FULL_TRACE = 1_000;
/** Of refused operations so many have a trace in a minute. */
const TRACES_A_MINUTE = 60;

interface Bounded {
  readonly ours: number;
  readonly spanMetrics: number;
  readonly clients: number;
  readonly spanNames: readonly string[];
}

const stack = new AsyncDisposableStack();
let whole: Whole;
let scans: number;
const counts: Bounded[] = [];

beforeAll(async () => {
  whole = stack.use(await startWhole());
  const keeper = profiles.filter(({ name }) => name === 'claude-2026-03');
  await play({ url: whole.quiz.url, profiles: keeper, speed: 200, seed: 1, rounds: 1 });
  for (const time of [1, 2]) {
    await flood(time);
    counts.push(await boundedAfter(time));
  }
}, 120_000);
afterAll(() => stack.disposeAsync());

/** Names of the second time are others than those of the first. */
async function flood(time: number): Promise<void> {
  scans = 0;
  const scanner = profiles.filter(({ name }) => name === 'scanner');
  const scanning = Array.from({ length: SCANNERS }, (_, at) =>
    play({
      url: whole.quiz.url,
      profiles: scanner,
      speed: 5_000,
      seed: time * 100 + at,
      rounds: ROUNDS,
      onEvent: () => scans++,
    }),
  );
  const strangers = Array.from({ length: STRANGERS }, async () => {
    const speaker = speakTo(whole.quiz.url, { name: `bot-${randomUUID()}`, version: '0.0.1' });
    await speaker.open();
    await speaker.call('get_latest_answer');
    await speaker.end();
  });
  await Promise.all([...scanning, ...strangers]);
}

/** Once all that was sent so far has arrived. */
async function boundedAfter(times: number): Promise<Bounded> {
  const { prometheus, jaeger } = whole;
  const value = async (query: string): Promise<number> => sumOf(await prometheus.query(query));
  const handshakes = 'mcpspan_handshakes_total{mcpspan_client!="claude.ai"}';
  await eventually(`${times} floods`, async () => ((await value(handshakes)) === times * STRANGERS ? true : undefined));
  // Nothing new for longer than anything waits on its way.
  const settled = (selector: string): Promise<number> =>
    eventually(`${selector} at rest`, async () => {
      const [now] = await prometheus.query(`count(${selector}) == count(${selector} offset 3s)`);
      return now?.value;
    });
  return {
    // Which verdict is held about those who share a name may change, one series each.
    ours: await settled('{__name__=~"mcp.*",__name__!="mcpspan_client_verdict"}'),
    spanMetrics: await settled('{__name__=~"traces_span_metrics.*"}'),
    clients: await value('count(count by (mcpspan_client) ({__name__=~"mcp.*|traces.*",mcpspan_client!=""}))'),
    spanNames: (await jaeger.operations('mcpspan')).toSorted(),
  };
}

it('the same again under other names adds no series and no span name', () => {
  const [first, second] = counts;
  const { ours: before = 0, ...others } = first ?? {};
  const { ours: after = 0, ...othersAfter } = second ?? {};
  expect(othersAfter).toEqual(others);
  // What depends on who was faster (an answer or its client's end) may come up in the second flood only; new names would
  // add hundreds.
  expect(after - before).toBeLessThan(FEW);
});

it('so many clients have a name, the others share one', () => {
  // Fifty strangers, claude.ai, and _OTHER.
  expect(counts.at(-1)?.clients).toBe(52);
});

it('what was made up stands in no span name', () => {
  expect(counts.at(-1)?.spanNames).toEqual([
    '_OTHER',
    'initialize',
    'mcp.session',
    'mcp.session.summary',
    'notifications/initialized',
    'resources/list',
    'resources/read',
    'tools/call _OTHER',
    'tools/call create_cloze_question',
    'tools/call create_matching_question',
    'tools/call get_latest_answer',
    'tools/call submit_answer',
    'tools/list',
  ]);
});

it('a scan is a few long traces', async () => {
  const traces = await whole.jaeger.find({ tags: { 'user_agent.original': 'zgrab/0.x' } });
  expect(scans).toBe(SCANNERS * ROUNDS * 12);
  expect(traces.length).toBeLessThanOrEqual(Math.ceil((2 * scans) / FULL_TRACE) + 1);
});

it('a server that refuses everything gets a few traces a minute, and the rest are counted', async () => {
  const refused = 400;
  const guarded = await httpServer((_, response) => void response.writeHead(401).end());
  stack.use(guarded);
  const mcpspan = stack.use(await startMcpspan(`${guarded.url}/mcp`, whole.collector, ['--name', 'guarded']));
  const speaker = speakTo(mcpspan.url, { name: 'stranger', version: '1.0.0' });
  const began = performance.now();
  for (let sent = 0; sent < refused; sent++) await speaker.call(`tool_${sent}`);
  const minutes = Math.ceil((performance.now() - began) / 60_000) + 1;
  const withheld = await eventually('all refusals', async () => {
    const { prometheus } = whole;
    const all = sumOf(await prometheus.query('mcpspan_http_rejections_total{mcpspan_server="guarded"}'));
    return all === refused ? sumOf(await prometheus.query('mcpspan_self_traces_withheld_total')) : undefined;
  });
  const traces = await eventually('their traces', async () => {
    const found = await whole.jaeger.find({ tags: { 'mcpspan.server': 'guarded' } });
    return found.length + withheld === refused ? found : undefined;
  });
  expect(traces.length).toBeLessThanOrEqual(minutes * TRACES_A_MINUTE);
});
