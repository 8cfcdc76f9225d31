import { describe, expect, it } from 'vitest';
import { countCutOffInWords, cutOffInWords } from '../../src/reading/cut-off-words.ts';

const call = (target: string, clientLabel = 'chatgpt') => ({ method: 'tools/call', target, clientLabel });

describe('requests that were cut off', () => {
  it('are counted by what they were, the most frequent first', () => {
    const list = { method: 'tools/list', target: undefined, clientLabel: '_OTHER' };
    expect(cutOffInWords([call('a'), list, call('b'), call('b')], 25)).toBe(
      '4 requests were cut off after 25 s: tools/call b of chatgpt (2 times), tools/call a of chatgpt, tools/list of unknown names; --drain-seconds gives them longer',
    );
  });

  it('are five names at most, and the number of the others', () => {
    const many = Array.from({ length: 9 }, (_, index) => call(`t${index}`));
    expect(cutOffInWords([...many, call('t7')], 1)).toBe(
      '10 requests were cut off after 1 s: tools/call t7 of chatgpt (2 times), tools/call t0 of chatgpt, tools/call t1 of chatgpt, tools/call t2 of chatgpt, tools/call t3 of chatgpt and 4 more; --drain-seconds gives them longer',
    );
  });

  it('are a number where nobody knows more', () => {
    expect(countCutOffInWords(1, 0)).toBe('1 request was cut off at once; --drain-seconds gives them longer');
  });
});
