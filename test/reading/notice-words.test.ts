import { expect, it } from 'vitest';
import { countedNoticeInWords, noticeInWords } from '../../src/reading/notice-words.ts';

it('a notice that the store has counted reads as it did when it was told', () => {
  for (const kind of ['answers-unmatched', 'endpoint-elsewhere'])
    expect(countedNoticeInWords(`notice-${kind} ids sent: a number`)).toBe(noticeInWords(kind, 'ids sent: a number'));
});

it('says what to do about it', () => {
  expect(noticeInWords('answers-unmatched', 'shapes')).toContain('`mcpspan report FILE.md`');
  expect(noticeInWords('endpoint-elsewhere', '10.0.0.7:8000')).toContain('requests to 10.0.0.7:8000');
});

it('of a later version is shown as it is', () => {
  expect(countedNoticeInWords('notice-something new')).toBe('something: new');
});

it.each(['anomaly-lost', 'http-404', 'pruned', ''])('is not %j', (what) => {
  expect(countedNoticeInWords(what)).toBeUndefined();
});
