import { describe, expect, it } from 'vitest';
import { contractOf } from '../../src/session/contract.ts';
import { compareSchemas, type SchemaChange } from '../../src/session/schema-change.ts';

/** As contracts hold it: in canonical form. */
const canonical = (schema: unknown): unknown => {
  const { text = '{}' } = contractOf(Buffer.from(JSON.stringify({ inputSchema: schema })));
  // We wrote it two lines above.
  return (JSON.parse(text) as { inputSchema?: unknown }).inputSchema;
};

const CASES: readonly (readonly [what: string, before: unknown, after: unknown, changes: readonly SchemaChange[]])[] = [
  ['nothing', { type: 'object', properties: { a: {} } }, { properties: { a: {} }, type: 'object' }, []],
  ['the order of sets', { required: ['a', 'b'], enum: [1, 2] }, { enum: [2, 1], required: ['b', 'a'] }, []],
  ['an optional property more', { properties: {} }, { properties: { a: { type: 'string' } } }, ['widened']],
  ['a required property more', { properties: {} }, { properties: { a: {} }, required: ['a'] }, ['narrowed']],
  ['a property less', { properties: { a: {} } }, { properties: {} }, ['narrowed']],
  [
    'a property that is required now',
    { properties: { a: {} } },
    { properties: { a: {} }, required: ['a'] },
    ['narrowed'],
  ],
  ['one that is required no more', { required: ['a', 'b'] }, { required: ['a'] }, ['widened']],
  ['a type more', { type: 'string' }, { type: ['string', 'null'] }, ['widened']],
  ['a type less', { type: ['string', 'null'] }, { type: 'string' }, ['narrowed']],
  ['another type', { type: 'string' }, { type: 'number' }, ['widened', 'narrowed']],
  ['integers to numbers', { type: 'integer' }, { type: 'number' }, ['widened']],
  ['numbers to integers', { type: 'number' }, { type: 'integer' }, ['narrowed']],
  ['a type where there was none', {}, { type: 'string' }, ['narrowed']],
  ['a value more', { enum: ['a'] }, { enum: ['a', 'b'] }, ['widened']],
  ['a value less', { enum: ['a', 'b'] }, { enum: ['b'] }, ['narrowed']],
  ['values where any was taken', { type: 'string' }, { type: 'string', enum: ['a'] }, ['narrowed']],
  ['a constant to a choice', { const: 1 }, { enum: [1, 2] }, ['widened']],
  ['a choice to a constant', { enum: [1, 2] }, { const: 3 }, ['widened', 'narrowed']],
  ['a lower bound raised', { minimum: 1 }, { minimum: 2 }, ['narrowed']],
  ['a lower bound gone', { minLength: 1 }, {}, ['widened']],
  ['an upper bound raised', { maxItems: 1 }, { maxItems: 2 }, ['widened']],
  ['an upper bound where there was none', {}, { maxLength: 9 }, ['narrowed']],
  ['a bound that is none', { minimum: 'x' }, { minimum: 2 }, ['changed']],
  ['a pattern more', {}, { pattern: '^a' }, ['narrowed']],
  ['a format less', { format: 'uri' }, {}, ['widened']],
  ['another pattern', { pattern: '^a' }, { pattern: '^b' }, ['changed']],
  ['no further properties', {}, { additionalProperties: false }, ['narrowed']],
  ['further properties', { additionalProperties: false }, {}, ['widened']],
  ['items', { items: { type: 'string' } }, { items: { type: ['string', 'number'] } }, ['widened']],
  [
    'a property deep within',
    { properties: { a: { items: { enum: [1, 2] } } } },
    { properties: { a: { items: { enum: [1] } } } },
    ['narrowed'],
  ],
  ['a variant more', { anyOf: [{ type: 'string' }] }, { anyOf: [{ type: 'string' }, { type: 'null' }] }, ['widened']],
  ['a variant less', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { anyOf: [{ type: 'string' }] }, ['narrowed']],
  [
    'one of the variants',
    { anyOf: [{ type: 'string' }, { enum: [1] }] },
    { anyOf: [{ type: 'string' }, { enum: [1, 2] }] },
    ['widened'],
  ],
  ['other variants', { anyOf: [{ type: 'string' }] }, { anyOf: [{ type: 'null' }, { type: 'number' }] }, ['changed']],
  ['what only explains', { description: 'a' }, { description: 'b', title: 't', examples: [1] }, ['text']],
  [
    'words of a property',
    { properties: { a: { description: 'x' } } },
    { properties: { a: { description: 'y' } } },
    ['text'],
  ],
  ['a default', { default: 1 }, { default: 2 }, ['changed']],
  ['a reference', { $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }, ['changed']],
  [
    'what is referred to',
    { $ref: '#/$defs/a', $defs: { a: {} } },
    { $ref: '#/$defs/a', $defs: { a: { type: 'null' } } },
    ['changed'],
  ],
  ['references that go in circles, the same', { $ref: '#' }, { $ref: '#' }, []],
  ['one of several', { oneOf: [{}] }, { oneOf: [{}, {}] }, ['changed']],
  ['a condition', { if: {} }, { if: { type: 'null' } }, ['changed']],
  ['a keyword that nobody knows', { 'x-thing': 1 }, { 'x-thing': 2 }, ['changed']],
  ['everything to nothing', true, false, ['narrowed']],
  ['nothing to everything', false, {}, ['widened']],
  ['no schema to one', undefined, { type: 'object' }, ['narrowed']],
  ['a schema to none', { type: 'object' }, undefined, ['widened']],
  ['what is no schema', 'x', 7, ['changed']],
  ['names that objects have', { properties: {} }, { properties: { constructor: {}, toString: {} } }, ['widened']],
  [
    'a name that makes no prototype',
    { properties: {} },
    JSON.parse('{"properties":{"__proto__":{"type":"null"}}}'),
    ['widened'],
  ],
  ['wider and narrower', { required: ['a'], maximum: 5 }, { maximum: 4 }, ['widened', 'narrowed']],
];

describe('a schema that changes in', () => {
  it.each(CASES)('%s', (_, before, after, changes) => {
    expect(compareSchemas(canonical(before), canonical(after))).toEqual(changes);
  });
});
