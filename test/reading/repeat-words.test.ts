import { describe, expect, it } from 'vitest';
import { findings, findingInWords } from '../../src/reading/findings.ts';
import { repeatOf } from '../../src/reading/operation-words.ts';
import type { StoredRepeat } from '../../src/store/repeat-figures.ts';
import { NO_EVIDENCE } from './no-evidence.ts';

const repeat = (more: Partial<StoredRepeat>): StoredRepeat => ({
  server: 'quiz',
  client: 'cursor',
  tool: 'search',
  calls: 14,
  unsuccessful: 0,
  lastAt: new Date(2026, 0, 31, 12).getTime(),
  ...more,
});
const found = (...repeats: readonly StoredRepeat[]) => findings({ ...NO_EVIDENCE, repeats }).map(findingInWords);

describe('repeated calls', () => {
  it('are told of without blame', () => {
    expect(found(repeat({}), repeat({ calls: 1_200 }), repeat({ unsuccessful: 4 }))).toEqual([
      'cursor called search 14 times in a row with the same arguments; polling looks like that, too (2026-01-31 12:00).',
      'cursor called search at least 1 200 times in a row with the same arguments; polling looks like that, too (2026-01-31 12:00).',
      'cursor called search 4 times in a row without success, each time with the same arguments (2026-01-31 12:00).',
    ]);
  });

  it('are no finding where mcpspan made them, or nobody knows who did', () => {
    for (const client of ['mcpspan-probe', '_OTHER', 'unknown']) expect(found(repeat({ client }))).toEqual([]);
    expect(found(repeat({ tool: '_OTHER' }))[0]).toMatch(/^cursor called a tool with an unverified name 14 times/);
  });

  it('are marked where they happened', () => {
    expect(
      [undefined, { calls: 5, unsuccessful: 0 }, { calls: 9, unsuccessful: 3 }].map((each) =>
        repeatOf({ repeat: each }),
      ),
    ).toEqual(['', 'repeated: 5 in a row', 'repeated: 3 in a row without success']);
  });
});
