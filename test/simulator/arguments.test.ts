import { describe, expect, it } from 'vitest';
import { minimalArguments } from '../../src/simulator/arguments.ts';
import { createRandom } from '../../src/simulator/random.ts';

const given = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  minimalArguments(
    { type: 'object', properties, required: Object.keys(properties), ...more },
    createRandom('arguments', 1),
  );

describe('minimalArguments', () => {
  it('gives required properties only', () => {
    const properties = { needed: { type: 'boolean' }, optional: { type: 'string' } };
    expect(minimalArguments({ type: 'object', properties, required: ['needed'] }, createRandom(1))).toEqual({
      needed: false,
    });
  });

  it('gives an empty object for a schema that asks nothing, or for none', () => {
    expect(minimalArguments({ type: 'object' }, createRandom(1))).toEqual({});
    expect(minimalArguments(undefined, createRandom(1))).toEqual({});
  });

  it.each([
    ['a constant', { const: 3 }, 3],
    ['a default', { type: 'string', default: 'x' }, 'x'],
    ['the one allowed value', { enum: ['only'] }, 'only'],
    ['an example', { type: 'string', examples: ['seen'] }, 'seen'],
    ['an integer from its minimum', { type: 'integer', minimum: 5 }, 5],
    ['an integer above an excluded minimum', { type: 'integer', exclusiveMinimum: 5 }, 6],
    ['an integer up to its maximum', { type: 'integer', maximum: -3 }, -3],
    ['a number', { type: 'number' }, 1],
    ['a date', { type: 'string', format: 'date' }, '2026-01-15'],
    ['the first type that is not null', { type: ['null', 'boolean'] }, false],
    ['null when nothing else is allowed', { type: 'null' }, null],
    ['an empty list', { type: 'array', items: { type: 'string' } }, []],
    ['as many items as it takes', { type: 'array', minItems: 2, items: { type: 'boolean' } }, [false, false]],
    ['the first of several schemas', { anyOf: [{ type: 'boolean' }, { type: 'string' }] }, false],
    ['all schemas taken together', { allOf: [{ type: 'integer' }, { minimum: 9 }] }, 9],
    ['a nested object', { type: 'object', properties: { a: { const: 1 } }, required: ['a'] }, { a: 1 }],
  ])('gives %s', (_what, schema, value) => {
    expect(given({ it: schema })).toEqual({ it: value });
  });

  it('keeps to the length of a string', () => {
    const long = given({ it: { type: 'string', minLength: 30 } })['it'];
    const short = given({ it: { type: 'string', maxLength: 2 } })['it'];
    expect(long).toHaveLength(30);
    expect(short).toHaveLength(2);
  });

  it('follows references inside the schema', () => {
    const $defs = { 'a/b': { type: 'integer', minimum: 4 } };
    expect(given({ it: { $ref: '#/$defs/a~1b' } }, { $defs })).toEqual({ it: 4 });
  });

  it('comes to an end with a schema that contains itself', () => {
    const $defs = { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['next'] } };
    expect(JSON.stringify(given({ it: { $ref: '#/$defs/node' } }, { $defs }))).toContain('null');
  });
});
