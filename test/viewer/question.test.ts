import { describe, expect, it, vi } from 'vitest';
import { replyTo } from '../../src/viewer/asker.ts';
import { parseQuestion, type Question } from '../../src/viewer/question.ts';
import { readerOf, withRig } from '../store/store-rig.ts';

const asked = (path: string): Question | undefined => parseQuestion(new URL(path, 'http://page'));

describe('what the page asks', () => {
  it('is taken as it is asked', () => {
    const path =
      '/api/calls?seconds=60&until=1700000000&server=s&client=c&tool=t&status=open&limit=20&latest&method=m&code=-1&conversation=v' +
      '&session=abc&operation=3&words=two+words&slowest&up-to=9&change=4';
    expect(asked(path)).toEqual({
      kind: 'calls',
      seconds: 60,
      until: 1_700_000_000,
      server: 's',
      client: 'c',
      tool: 't',
      status: 'open',
      limit: 20,
      latest: true,
      method: 'm',
      code: '-1',
      conversation: 'v',
      session: 'abc',
      operation: 3,
      change: 4,
      words: ['two', 'words'],
      slowest: true,
      upTo: 9,
    });
  });

  it('of which nothing is said is the last hour, of everybody, 200 at most', () => {
    expect(asked('/api/now')).toEqual({
      kind: 'now',
      seconds: 3_600,
      until: 0,
      server: undefined,
      client: undefined,
      tool: undefined,
      status: undefined,
      limit: 200,
      latest: false,
      method: undefined,
      code: undefined,
      conversation: undefined,
      session: undefined,
      operation: 0,
      change: 0,
      words: [],
      slowest: false,
      upTo: 0,
    });
  });

  it.each([
    ['limit', '10000', 10_000],
    ['limit', '10001', 10_000],
    ['limit', '999999999', 10_000],
    ['limit', '0', 200],
    ['limit', '-1', 200],
    ['limit', '1.5', 200],
    ['limit', '1e400', 200],
    ['seconds', '31622400', 31_622_400],
    ['seconds', '31622401', 31_622_400],
    ['seconds', '0', 3_600],
    ['seconds', 'day', 3_600],
    ['operation', '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['operation', '9007199254740993', 0],
  ] as const)('as %s=%s is %i', (name, value, taken) => {
    expect(asked(`/api/sessions?${name}=${value}`)?.[name]).toBe(taken);
  });

  it.each(['server', 'client', 'tool', 'status', 'method', 'code', 'session'] as const)(
    'as a long %s is cut, and as an empty one is none',
    (name) => {
      expect(asked(`/api/sessions?${name}=${'x'.repeat(5_000)}`)?.[name]).toBe('x'.repeat(300));
      expect(asked(`/api/sessions?${name}=`)?.[name]).toBeUndefined();
    },
  );

  it.each(['/api/', '/api/nothing', '/api/now/', '/api/NOW', '/now', '/api/constructor'])(
    'at %s is nothing',
    (path) => {
      expect(asked(path)).toBeUndefined();
    },
  );
});

describe('what the store is asked for', () => {
  const about = { version: '1', notice: undefined, traceLink: undefined };
  it.each([
    ['sessions', ['sessions', 'operationsOf']],
    ['session', ['operationsOf', 'sessions']],
    ['calls', ['calls', 'sessions']],
    ['errors', ['failureGroups', 'sessions']],
  ] as const)('is no more than 10 000 rows, whatever /api/%s is asked', (kind, [method]) => {
    withRig(({ talk, store, path }) => {
      talk.initialize('a');
      store.flush();
      using reader = readerOf(path, () => talk.clock.now());
      const traceId = reader.sessions({})[0]?.traceId ?? '';
      const calls = vi.spyOn(reader, method);
      const question = asked(`/api/${kind}?session=${traceId}&limit=999999999`);
      if (question === undefined) throw new Error('it is one');
      expect(replyTo(() => reader, question, about, talk.clock.now()).ok).toBe(true);
      expect(calls).toHaveBeenCalledOnce();
      const limits = JSON.stringify(calls.mock.calls).match(/\d{5,}/g) ?? [];
      expect(limits).toContain('10000');
      expect(limits).not.toContain('999999999');
    });
  });
});
