import { describe, expect, it } from 'vitest';
import { readCalls } from '../../../src/commands/probe/calls.ts';
import { resolve } from '../../../src/commands/probe/references.ts';

describe('a list of calls', () => {
  it('holds tools and methods, named or numbered', () => {
    const calls = [
      { name: 'made', tool: 'create', arguments: { level: 1 } },
      { method: 'resources/read', params: { uri: '${made.text}' } },
      { tool: 'bare' },
    ];
    const expected = [
      { name: 'made', method: 'tools/call', params: { name: 'create', arguments: { level: 1 } } },
      { name: '2', method: 'resources/read', params: { uri: '${made.text}' } },
      { name: '3', method: 'tools/call', params: { name: 'bare', arguments: {} } },
    ];
    expect(readCalls(JSON.stringify({ calls }))).toEqual({ calls: expected });
    expect(readCalls(JSON.stringify(calls))).toEqual({ calls: expected });
  });

  it.each<[content: string, problem: RegExp]>([
    ['{', /^it is not JSON: /],
    ['{}', /^it holds no calls/],
    ['[]', /^it holds no calls/],
    ['[7]', /^call 1: it is not an object/],
    ['[{}]', /either a tool or a method/],
    ['[{"tool":"a","method":"b"}]', /either a tool or a method/],
    ['[{"tool":7}]', /its tool is not a text/],
    ['[{"method":7}]', /its method is not a text/],
    ['[{"tool":"a","arguments":[]}]', /its arguments are not an object/],
    ['[{"method":"a","params":[]}]', /its params are not an object/],
    ['[{"tool":"a","name":"a b"}]', /letters, digits/],
    ['[{"tool":"a","args":{}}]', /'args' is none of/],
    ['[{"tool":"a","name":"x"},{"tool":"b","name":"x"}]', /call 2: another call is named 'x' already/],
    [
      '[{"tool":"a","arguments":{"id":"${2.x}"}},{"tool":"b"}]',
      /call 1: \$\{2\.…\} is no call before it; the calls before it are none/,
    ],
  ])('%s: is told what is wrong with it', (content, problem) => {
    expect(readCalls(content)).toEqual({ problems: [expect.stringMatching(problem)] });
  });
});

describe('a reference', () => {
  const results = new Map([
    [
      'made',
      { structuredContent: { id: 7, tags: ['a', 'b'], none: null }, content: [{ type: 'text', text: '{"id":"x1"}' }] },
    ],
    ['read', { contents: [{ uri: 'u', text: 'plain' }] }],
  ]);

  it.each<[text: string, value: unknown]>([
    ['${made.structuredContent.id}', 7],
    ['${made.structuredContent.tags[1]}', 'b'],
    ['${made.structuredContent.none}', null],
    ['id ${made.structuredContent.id}, ${made.structuredContent.tags}', 'id 7, ["a","b"]'],
    ['${made.text}', '{"id":"x1"}'],
    ['${made.text.id}', 'x1'],
    ['${made.content.0.text.id}', 'x1'],
    ['${read.text}', 'plain'],
    ['$${made.text}', '${made.text}'],
    ['$5', '$5'],
  ])('%s takes its value from the answer before', (text, value) => {
    expect(resolve({ arguments: { deep: [text] } }, results)).toEqual({ params: { arguments: { deep: [value] } } });
  });

  it.each(['made.structuredContent.gone', 'made.text.gone', 'read.text.id', 'other', 'made.__proto__.x'])(
    '${%s} is told to be missing',
    (reference) => {
      expect(resolve({ a: `\${${reference}}` }, results)).toEqual({ missing: reference });
    },
  );
});
