import { describe, expect, it } from 'vitest';
import { CLIENT_COLUMNS } from '../../src/reading/client-columns.ts';
import { hasSeveralServers } from '../../src/reading/column.ts';
import { TOOL_COLUMNS } from '../../src/reading/tool-columns.ts';
import type { ClientFigures } from '../../src/store/client-figures.ts';

const client = (figures: Partial<ClientFigures>): ClientFigures => ({
  server: 'quiz',
  client: 'chatgpt',
  sessions: 0,
  emptySessions: 0,
  activities: 0,
  operations: 0,
  toolCalls: 0,
  failed: 0,
  rejected: 0,
  answerBytes: 0,
  callsInSessions: 0,
  handshakes: 0,
  handshakeSeconds: 0,
  avoidableHandshakes: 0,
  discoveries: 0,
  avoidableDiscoveries: 0,
  sessionlessShare: undefined,
  people: undefined,
  conversations: undefined,
  p50Seconds: undefined,
  p95Seconds: undefined,
  rejections: {},
  verdict: undefined,
  version: undefined,
  protocol: undefined,
  firstAt: undefined,
  lastAt: undefined,
  ...figures,
});

const textsOf = (row: ClientFigures): Record<string, string> =>
  Object.fromEntries(Object.values(CLIENT_COLUMNS).map((column) => [column.title, column.text(row, 0)]));

describe('the columns of a client', () => {
  it('give each figure as people read it, and the number to sort by', () => {
    const row = client({
      sessions: 4,
      emptySessions: 1,
      toolCalls: 8,
      handshakes: 4,
      failed: 2,
      rejected: 1,
      p95Seconds: 0.25,
    });
    expect(textsOf(row)).toMatchObject({
      'tool calls': '8',
      'handshakes per call': '0.50',
      'empty sessions': '1',
      'empty share': '25 %',
      failed: '25 %',
      rejected: '13 %',
      p95: '250 ms',
    });
    expect(CLIENT_COLUMNS.handshakesPerCall.value(row)).toBe(0.5);
  });

  it('have a dash, and nothing to sort by, where there is no figure', () => {
    const row = client({});
    for (const title of [
      'calls per session',
      'handshakes per call',
      'sessionless',
      'failed',
      'rejected',
      'p95',
      'verdict',
    ])
      expect(textsOf(row)[title], title).toBe('–');
    expect(CLIENT_COLUMNS.failed.value(row)).toBeUndefined();
  });
});

it.each([
  ['client', Object.values(CLIENT_COLUMNS).map(({ id, title }) => ({ id, title }))],
  ['tool', Object.values(TOOL_COLUMNS).map(({ id, title }) => ({ id, title }))],
])('no two columns of a %s have one name', (_of, columns) => {
  for (const name of ['id', 'title'] as const)
    expect(new Set(columns.map((column) => column[name])).size).toBe(columns.length);
});

it('rows of one server need no column that names it', () => {
  const rows = (...servers: string[]) => servers.map((server) => ({ server }));
  expect([rows(), rows('a'), rows('a', 'a'), rows('a', 'b')].map(hasSeveralServers)).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
