import { describe, expect, it } from 'vitest';
import {
  namesInWords,
  serverHealth,
  upstreamsInWords,
  wholeProcesses,
  type ServerHealth,
} from '../../src/reading/upstream-health.ts';
import type { StoredProcess } from '../../src/store/process-row.ts';

const row = (server: string, change: Partial<StoredProcess> = {}): StoredProcess => ({
  instance: 'one',
  pid: 1,
  server,
  transport: 'http',
  version: '1.2.3',
  address: 'http://127.0.0.1:4100',
  upstream: `http://${server}`,
  exports: {},
  startedAt: 0,
  running: true,
  seenAt: 1_000,
  endedAt: undefined,
  figures: { upstreamReached: 1 },
  ...change,
});
const DOWN = { figures: { upstreamReached: 1, upstreamFailingSince: 500, upstreamRequestsFailed: 3 } };
const states = (servers: readonly ServerHealth[]) => servers.map(({ server, state }) => `${server} ${state}`);

describe('the servers of the processes that run', () => {
  it('are listed with the state of their upstreams, the worst first, then by name', () => {
    const servers = serverHealth([
      row('quiz-10'),
      row('quiz-2'),
      row('files', { transport: 'stdio', upstream: '', figures: {} }),
      row('new', { figures: {} }),
      row('down', DOWN),
    ]);
    expect(states(servers)).toEqual([
      'down unreached',
      'new untried',
      'quiz-2 reached',
      'quiz-10 reached',
      'files wrapped',
    ]);
  });

  it('are one where several processes run for them, as badly off as in the worst', () => {
    const servers = serverHealth([
      row('quiz'),
      row('quiz', { instance: 'two', ...DOWN }),
      row('quiz', { instance: 'three' }),
    ]);
    expect(states(servers)).toEqual(['quiz unreached']);
    expect(servers[0]?.processes).toHaveLength(3);
  });

  it('are not those of a process that ended, whatever it said last', () => {
    expect(serverHealth([row('quiz', { running: false, ...DOWN })])).toEqual([]);
  });

  it.each<[string, StoredProcess[]]>([
    ['', [row('files', { transport: 'stdio' })]],
    ['The upstream can be reached.', [row('a')]],
    ['All 2 upstreams can be reached.', [row('a'), row('b'), row('files', { transport: 'stdio' })]],
    ['The upstream cannot be reached.', [row('a', DOWN)]],
    ['The upstream was not tried yet.', [row('a', { figures: {} })]],
    [
      '1 of 3 upstreams cannot be reached. 1 can be reached, 1 was not tried yet.',
      [row('a', DOWN), row('b'), row('c', { figures: {} })],
    ],
    ['Of 2 upstreams, 1 can be reached, 1 was not tried yet.', [row('b'), row('c', { figures: {} })]],
    ['Of 2 upstreams, 2 were not tried yet.', [row('b', { figures: {} }), row('c', { figures: {} })]],
  ])('add up to one sentence: %s', (sentence, rows) => {
    expect(upstreamsInWords(serverHealth(rows))).toBe(sentence);
  });
});

describe('a process with several servers', () => {
  it('is one, with what it said last of itself', () => {
    const figures = { observerRestarts: 2 };
    const [one, two, ...others] = wholeProcesses([
      row('b', { seenAt: 2_000, figures }),
      row('other', { instance: 'two' }),
      row('a'),
    ]);
    expect([one?.servers.map(({ server }) => server), one?.latest.figures, two?.latest.instance, others]).toEqual([
      ['a', 'b'],
      figures,
      'two',
      [],
    ]);
  });

  it('has those that are left of them; once it ended, all', () => {
    const gone = row('gone', { running: false, endedAt: 900 });
    expect(wholeProcesses([row('a'), gone]).map(({ servers }) => servers.length)).toEqual([1]);
    expect(wholeProcesses([row('a', { running: false }), gone]).map(({ servers }) => servers.length)).toEqual([2]);
  });
});

it.each([
  [['a'], 'a'],
  [['a', 'b', 'c'], 'a, b, c'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('names are %j: %s', (names, words) => {
  expect(namesInWords(names)).toBe(words);
});
