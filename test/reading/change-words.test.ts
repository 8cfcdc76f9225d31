import { describe, expect, it } from 'vitest';
import {
  changeInWords,
  didHarm,
  effectInWords,
  isDangerousChange,
  kindsInWords,
} from '../../src/reading/change-words.ts';
import { findings, type Finding } from '../../src/reading/findings.ts';
import type { BeforeAndAfter, CallFigures, ChangeEffect } from '../../src/store/change-effects.ts';
import { NO_EVIDENCE } from './no-evidence.ts';

const AT = new Date(2026, 0, 31, 14, 2, 11).getTime();

const figures = (calls: number, more: Partial<CallFigures> = {}): CallFigures => ({
  calls,
  failed: 0,
  rejected: 0,
  p50Seconds: 0.1,
  p95Seconds: 0.2,
  medianAnswerBytes: 400,
  answers: calls,
  otherCalls: 0,
  ...more,
});
const client = (name: string, before: CallFigures, after: CallFigures) => ({ client: name, before, after });
const effect = (
  all: BeforeAndAfter,
  clients: ChangeEffect['clients'] = [],
  kinds = ['description'],
  id = 1,
): ChangeEffect => ({
  change: { id, at: AT, server: 'quiz', tool: 'search', kinds, before: 'a', after: 'b' },
  seconds: 3_600,
  all,
  clients,
});
const says = (...args: Parameters<typeof effect>): string => effectInWords(effect(...args), AT);

describe('what followed a change', () => {
  it('is not told below ten calls on either side', () => {
    expect(says({ before: figures(9), after: figures(500, { rejected: 500 }) })).toBe('');
    expect(says({ before: figures(500), after: figures(9, { rejected: 9 }) })).toBe('');
    expect(says({ before: figures(10), after: figures(10, { rejected: 10 }) })).toBe(
      'Since the change at 14:02:11 rejected calls 0 % → 100 %.',
    );
  });

  it('is not told where chance may have done it', () => {
    expect(says({ before: figures(12), after: figures(12, { failed: 2 }) })).toBe('');
    expect(says({ before: figures(400, { rejected: 20 }), after: figures(400, { rejected: 40 }) })).toBe('');
    expect(says({ before: figures(400, { rejected: 4 }), after: figures(400, { rejected: 92 }) })).toBe(
      'Since the change at 14:02:11 rejected calls 1.0 % → 23 %.',
    );
  });

  it('names the client that stopped calling, if it still calls others', () => {
    const before = figures(34, { otherCalls: 30 });
    const gone = client('chatgpt', before, figures(0, { otherCalls: 25 }));
    const away = client('cursor', before, figures(0, { otherCalls: 0 }));
    const stays = client('vscode', before, before);
    const all = { before: figures(102), after: figures(34) };
    expect(says(all, [gone, away, stays])).toBe('Since the change at 14:02:11 chatgpt stopped calling it.');
    expect(says(all, [away, stays])).toBe('');
    expect(says(all, [client('chatgpt', figures(12, { otherCalls: 900 }), figures(0, { otherCalls: 20 }))])).toBe('');
  });

  it('names the client whose calls are rejected, where others are as before', () => {
    const all = { before: figures(100), after: figures(100, { rejected: 30 }) };
    const own = [
      client('chatgpt', figures(30), figures(30, { rejected: 30 })),
      client('cursor', figures(70), figures(70)),
    ];
    expect(says(all, own)).toBe('Since the change at 14:02:11 rejected calls of chatgpt 0 % → 100 %.');
  });

  it('tells of latency and of the size of answers, from more calls up', () => {
    const slow = { p50Seconds: 1.4, p95Seconds: 3 };
    expect(says({ before: figures(19), after: figures(19, slow) })).toBe('');
    expect(says({ before: figures(20), after: figures(20, slow) })).toContain('the median call 100 ms → 1.4 s');
    expect(says({ before: figures(50), after: figures(50, slow) })).toContain('p95 200 ms → 3.0 s');
    expect(says({ before: figures(20), after: figures(20, { medianAnswerBytes: 8_000 }) })).toBe(
      'Since the change at 14:02:11 an answer takes about 100 → 2 000 tokens.',
    );
  });
});

describe('a change in words', () => {
  it('puts what is dangerous first', () => {
    const kinds = ['description', 'input-narrowed', 'readOnlyHint-less-safe', 'of-a-later-version'];
    expect(kindsInWords({ kinds })).toBe('no longer read-only, description, input narrowed, of-a-later-version');
  });

  it('has the time, the server where there are several, and what followed', () => {
    const each = effect({ before: figures(10), after: figures(10, { failed: 10 }) });
    expect(changeInWords(each, AT, ' at quiz')).toBe(
      'search at quiz changed (2026-01-31 14:02): description. Since the change at 14:02:11 failed calls 0 % → 100 %.',
    );
  });

  it.each([
    ['removed', true],
    ['hidden-characters', true],
    ['openWorldHint-less-safe', true],
    ['openWorldHint-safer', false],
    ['two-versions', false],
    ['description', false],
    ['of-a-later-version', false],
  ])('%s is dangerous: %s', (kind, dangerous) => {
    expect(isDangerousChange(effect({ before: figures(0), after: figures(0) }, [], [kind]).change)).toBe(dangerous);
  });
});

describe('findings', () => {
  const quiet = { before: figures(0), after: figures(0) };
  const harmed = { before: figures(50), after: figures(50, { rejected: 50 }) };
  const found = (...toolChanges: readonly ChangeEffect[]): Finding[] =>
    findings({ ...NO_EVIDENCE, toolChanges, now: AT });

  it('have dangerous changes, and those that did harm, which come first', () => {
    const all = found(
      effect(quiet, [], ['description'], 1),
      effect(quiet, [], ['readOnlyHint-less-safe'], 2),
      effect(harmed, [], ['input-narrowed'], 3),
    );
    expect(all.map(({ kind, change }) => [kind, change])).toEqual([
      ['risk', 3],
      ['risk', 2],
    ]);
  });

  it('do not have changes that made things better', () => {
    expect(didHarm(effect({ before: figures(50, { failed: 50 }), after: figures(50) }))).toBe(false);
  });
});
