import { describe, expect, it } from 'vitest';
import { storedCalls, type Recorded } from '../../../src/commands/probe/stored-calls.ts';

const recorded = (method: string, more: Partial<Recorded> = {}): Recorded => ({
  method,
  target: undefined,
  uri: undefined,
  direction: 'to-server',
  form: 'request',
  outcome: 'ok',
  attempt: 'first',
  arguments: undefined,
  result: undefined,
  ...more,
});
const call = (target: string, given?: object | string, result?: object): Recorded =>
  recorded('tools/call', {
    target,
    arguments: typeof given === 'object' ? JSON.stringify(given) : given,
    result: result === undefined ? undefined : JSON.stringify(result),
  });
const text = (said: object) => ({ content: [{ type: 'text', text: JSON.stringify(said) }] });

/** The arguments of the last call. */
const lastOf = (...operations: Recorded[]): unknown => storedCalls(operations).calls.at(-1)?.params['arguments'];

describe('a recorded session', () => {
  it('becomes calls, without what a client does around them', () => {
    const { calls, leftOut } = storedCalls([
      recorded('initialize'),
      recorded('notifications/initialized', { form: 'notification' }),
      recorded('ping'),
      recorded('tools/list'),
      // Its next page.
      recorded('tools/list'),
      call('create', { level: 'a1', price: '${cheap}' }),
      recorded('sampling/createMessage', { direction: 'to-client' }),
      recorded('resources/read', { uri: 'quiz://words/a1' }),
      call('latest'),
    ]);
    expect(calls).toEqual([
      { name: '1', method: 'tools/list', params: {} },
      { name: '2', method: 'tools/call', params: { name: 'create', arguments: { level: 'a1', price: '$${cheap}' } } },
      { name: '3', method: 'resources/read', params: { uri: 'quiz://words/a1' } },
      { name: '4', method: 'tools/call', params: { name: 'latest' } },
    ]);
    expect(leftOut).toEqual([]);
  });

  it.each<[what: string, operation: Recorded, leftOut: string, why: RegExp]>([
    [
      'secrets in its arguments',
      call('login', { user: 'me', password: '{redacted}' }),
      'login',
      /secret .* not captured/,
    ],
    ['a secret within a text', call('send', { text: 'with {redacted}, please' }), 'send', /secret .* not captured/],
    ['arguments that were cut', call('write', '{"text":"aaaa…'), 'write', /too long to be captured whole/],
    ['arguments that are no object', call('odd', '[1]'), 'odd', /not an object/],
    ['another round of a call', { ...call('ask', {}), attempt: 'retry' }, 'ask', /continued an earlier call/],
    ['a refusal', { ...call('get', {}), outcome: 'refused' }, 'get', /refused it before reading it/],
    ['a prompt', recorded('prompts/get', { target: 'hi' }), 'prompts/get hi', /never captured/],
    [
      'a URI without its path',
      recorded('resources/read', { uri: 'quiz://words' }),
      'resources/read quiz://words',
      /uris/,
    ],
    ['a URI of which the scheme is left', recorded('resources/read', { uri: 'urn:' }), 'resources/read urn:', /uris/],
    ['a URI that is redacted', recorded('resources/read', { uri: '{redacted}' }), 'resources/read {redacted}', /uris/],
  ])('leaves out %s, and says why', (_what, operation, leftOut, why) => {
    const { calls, leftOut: left } = storedCalls([call('known', { a: 1 }), operation]);
    expect(calls.map(({ params }) => params['name'])).toEqual(['known']);
    expect(left).toEqual([{ what: leftOut, why: expect.stringMatching(why) }]);
  });

  it('leaves out every call where arguments were not captured', () => {
    const { calls, leftOut } = storedCalls([recorded('tools/list'), call('one'), call('two')]);
    expect(calls.map(({ method }) => method)).toEqual(['tools/list']);
    expect(leftOut.map(({ what }) => what)).toEqual(['one', 'two']);
    expect(leftOut[0]?.why).toContain('--capture arguments');
  });

  it.each<[what: string, answer: object, given: object, expected: object]>([
    [
      'an id in structured content',
      { structuredContent: { question: { id: 'q-81723' } } },
      { ids: ['q-81723'] },
      { ids: ['${1.structuredContent.question.id}'] },
    ],
    ['an id in text that is JSON', text({ key: 'q-81723' }), { key: 'q-81723' }, { key: '${1.content.0.text.key}' }],
    ['a number that stands under an id', text({ id: 7 }), { questionId: 7 }, { questionId: '${1.content.0.text.id}' }],
  ])('takes %s from the new answer', (_what, answer, given, expected) => {
    expect(lastOf(call('create', {}, answer), call('submit', given))).toEqual(expected);
  });

  it.each<[what: string, answer: object, given: object]>([
    ['a word', text({ level: 'a1-word' }), { level: 'a1' }],
    ['a date', text({ day: '2026-11-23' }), { day: '2026-11-23' }],
    ['a number that is no id', text({ page: 7 }), { page: 7 }],
    ['a number where the id is a text', text({ id: '7' }), { id: 7 }],
  ])('takes %s for what its client chose', (_what, answer, given) => {
    expect(lastOf(call('create', {}, answer), call('submit', given))).toEqual(given);
  });

  it('takes a short id for the latest thing of that id', () => {
    const operations = [
      call('new_user', {}, text({ id: 1 })),
      call('new_question', {}, text({ id: 1 })),
      call('submit', { questionId: 1 }),
    ];
    expect(lastOf(...operations)).toEqual({ questionId: '${2.content.0.text.id}' });
  });

  it('knows nothing of an answer that was cut', () => {
    const cut = { ...call('create', {}), result: '{"structuredContent":{"id":"q-81723"},"cont…' };
    expect(lastOf(cut, call('submit', { id: 'q-81723' }))).toEqual({ id: 'q-81723' });
  });
});
