import { describe, expect, it } from 'vitest';
import { findings } from '../../src/reading/findings.ts';
import { surfacesInWords, surfacesOf } from '../../src/reading/surface-words.ts';
import { tokensIn, tokensInWords } from '../../src/reading/tokens.ts';
import { TOOL_COLUMNS } from '../../src/reading/tool-columns.ts';
import type { ToolFigures } from '../../src/store/tool-figures.ts';
import { NO_EVIDENCE } from './no-evidence.ts';

const HOUR_MS = 3_600_000;

const tool = (
  name: string,
  bytes: number | undefined,
  more: Partial<ToolFigures> = {},
  listedAt = HOUR_MS,
): ToolFigures => ({
  server: 'quiz',
  tool: name,
  calls: 0,
  failed: 0,
  rejected: 0,
  people: undefined,
  conversations: undefined,
  p50Seconds: undefined,
  p95Seconds: undefined,
  p99Seconds: undefined,
  medianAnswerBytes: undefined,
  answerBytes: 0,
  lastAt: undefined,
  definition:
    bytes === undefined ? undefined : { bytes, hash: '', versions: 1, firstAt: 0, changedAt: undefined, listedAt },
  clients: [],
  ...more,
});
const many = (number: number, bytes: number, more: Partial<ToolFigures> = {}): ToolFigures[] =>
  Array.from({ length: number }, (_, index) => tool(`${more.calls ?? 0} ${index}`, bytes, more));

describe('an estimate of tokens', () => {
  it('is a quarter of the bytes, and is told with two digits', () => {
    expect([0, 3, 400, 43_210].map(tokensIn)).toEqual([0, 1, 100, 10_803]);
    expect([0, 7, 42, 104, 996, 10_803, 1_250_000].map(tokensInWords)).toEqual([
      '0',
      '7',
      '42',
      '100',
      '1 000',
      '11 000',
      '1 300 000',
    ]);
  });

  it('is the same in each column', () => {
    const row = tool('a', 4_000, { calls: 2, answerBytes: 1_000 });
    expect(TOOL_COLUMNS.definitionTokens.value(row)).toBe(1_000);
    expect(TOOL_COLUMNS.answerTokens.text(row, 0)).toBe('250');
    const unseen = tool('b', undefined);
    expect(TOOL_COLUMNS.definitionTokens.value(unseen)).toBeUndefined();
    expect(TOOL_COLUMNS.answerTokens.text(unseen, 0)).toBe('–');
  });
});

describe('what definitions cost', () => {
  it('is told of each server, with the tools that were not called', () => {
    const tools = [...many(12, 1_000, { calls: 3 }), ...many(31, 1_000)];
    expect(surfacesInWords(tools)).toEqual([
      '43 tools cost about 11 000 tokens in every conversation; 31 were not called.',
    ]);
    expect(surfacesInWords([...tools, tool('one', 80, { server: 'other', calls: 1 })])).toEqual([
      '43 tools at quiz cost about 11 000 tokens in every conversation; 31 were not called.',
      '1 tool at other costs about 20 tokens in every conversation; it was called.',
    ]);
    expect(surfacesInWords(many(2, 400))[0]).toMatch(/none was called\.$/);
    expect(surfacesInWords(many(2, 400, { calls: 1 }))[0]).toMatch(/each was called\.$/);
    expect(surfacesInWords([tool('called, not listed', undefined, { calls: 1 })])).toEqual([]);
  });

  it('leaves out tools that the server lists no more', () => {
    const tools = [tool('old', 4_000, {}, 0), tool('last page', 400, {}, HOUR_MS), tool('now', 400, {}, HOUR_MS + 1)];
    expect(surfacesOf(tools)).toEqual([{ server: 'quiz', tools: 2, unused: 2, tokens: 200 }]);
  });

  it('is worth a finding from 5 000 tokens on, for each server by itself', () => {
    const found = (tools: readonly ToolFigures[]) =>
      findings({ ...NO_EVIDENCE, tools }).map(({ kind, text, server }) => [kind, text, server]);
    const large = many(20, 1_000);
    expect(found(large)).toEqual([
      ['note', '20 tools cost about 5 000 tokens in every conversation; none was called.', 'quiz'],
    ]);
    const halves = [...many(10, 1_000), ...many(10, 1_000, { server: 'other' })];
    expect(found(halves)).toEqual([]);
  });
});
