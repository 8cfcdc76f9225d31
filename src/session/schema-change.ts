import { isObject, objectOr, type JsonObject } from '../observe/json-object.ts';

/**
 * How a JSON Schema changed, as its callers see it: `widened` takes more than before, `narrowed` takes less, `changed` is
 * what cannot be told; `text` is a change of words that explain. Several can be true at once.
 */
export type SchemaChange = 'widened' | 'narrowed' | 'changed' | 'text';

type Changes = Set<SchemaChange>;

/** Words for people and models, which decide nothing about what is valid. */
const TEXTS: ReadonlySet<string> = new Set(['title', 'description', 'examples', '$comment', 'deprecated']);
/** A higher number takes less. */
const LOWER_BOUNDS: ReadonlySet<string> = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
]);
/** A lower number takes less. */
const UPPER_BOUNDS: ReadonlySet<string> = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
]);
/** To add one takes less; two of them are not compared. */
const CONDITIONS: ReadonlySet<string> = new Set(['pattern', 'format', 'multipleOf', 'uniqueItems', 'contains']);
const ALL_TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const ORDER: readonly SchemaChange[] = ['widened', 'narrowed', 'changed', 'text'];

/**
 * Compares two schemas in canonical form; undefined stands for no schema. What the module does not know (`$ref`, `oneOf`,
 * conditions, keywords of others) counts as `changed` where it differs, and as nothing where it is the same. Its answer is
 * empty only for schemas that are equal.
 */
export function compareSchemas(before: unknown, after: unknown): SchemaChange[] {
  const changes: Changes = new Set();
  compare(before, after, changes);
  return ORDER.filter((change) => changes.has(change));
}

function compare(before: unknown, after: unknown, changes: Changes): void {
  if (sameJson(before, after)) return;
  const [old, now] = [schemaOf(before), schemaOf(after)];
  if (old === undefined || now === undefined) changes.add('changed');
  else if (old === false || now === false) changes.add(now === false ? 'narrowed' : 'widened');
  else compareObjects(old, now, changes);
}

/** `true` and no schema take everything, as `{}` does. `false` takes nothing. Undefined: this is no schema. */
function schemaOf(schema: unknown): JsonObject | false | undefined {
  if (schema === undefined || schema === true) return {};
  return schema === false || isObject(schema) ? schema : undefined;
}

function compareObjects(before: JsonObject, after: JsonObject, changes: Changes): void {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of names) {
    const [old, now] = [own(before, name), own(after, name)];
    if (name === 'required' || name === 'const' || name === 'enum' || sameJson(old, now)) continue;
    if (TEXTS.has(name)) changes.add('text');
    else if (name === 'type') compareTypes(old, now, changes);
    else if (name === 'anyOf') compareVariants(listOf(old), listOf(now), changes);
    else if (name === 'properties') compareProperties(objectOr(old), objectOr(now), requiredIn(after), changes);
    else if (name === 'items' || name === 'additionalProperties') compare(old, now, changes);
    else if (LOWER_BOUNDS.has(name)) compareBounds(old, now, -Infinity, changes);
    else if (UPPER_BOUNDS.has(name)) compareBounds(now, old, Infinity, changes);
    else if (CONDITIONS.has(name) && (old === undefined || now === undefined))
      changes.add(old === undefined ? 'narrowed' : 'widened');
    else changes.add('changed');
  }
  compareSets(choicesIn(before), choicesIn(after), changes);
  const [required, since] = [requiredIn(before), requiredIn(after)];
  if ([...since].some((name) => !required.has(name))) changes.add('narrowed');
  if ([...required].some((name) => !since.has(name))) changes.add('widened');
}

/** `const` is an `enum` of one value. */
const choicesIn = (schema: JsonObject): readonly unknown[] | undefined =>
  own(schema, 'const') === undefined ? listOf(own(schema, 'enum')) : [schema['const']];

function compareVariants(
  before: readonly unknown[] | undefined,
  after: readonly unknown[] | undefined,
  changes: Changes,
): void {
  if (before?.length === after?.length) {
    for (const [index, variant] of (before ?? []).entries()) compare(variant, after?.[index], changes);
    return;
  }
  const own: Changes = new Set();
  compareSets(before, after, own);
  // What takes the place of something else may be wider or narrower.
  changes.add(own.size === 1 ? (own.has('widened') ? 'widened' : 'narrowed') : 'changed');
}

function compareTypes(before: unknown, after: unknown, changes: Changes): void {
  const typesOf = (type: unknown): string[] | undefined => {
    const names = type === undefined ? ALL_TYPES : [type].flat();
    // A number may be an integer.
    return names.every((name) => typeof name === 'string')
      ? names.concat(names.includes('number') ? 'integer' : [])
      : [];
  };
  compareSets(typesOf(before), typesOf(after), changes);
}

/** An optional property more is something that callers may send; one less is something they can send no more. */
function compareProperties(
  before: JsonObject,
  after: JsonObject,
  required: ReadonlySet<string>,
  changes: Changes,
): void {
  for (const [name, schema] of Object.entries(before)) {
    if (Object.hasOwn(after, name)) compare(schema, after[name], changes);
    else changes.add('narrowed');
  }
  for (const name of Object.keys(after))
    if (!Object.hasOwn(before, name) && !required.has(name)) changes.add('widened');
}

/** @param before undefined: everything is taken */
function compareSets(
  before: readonly unknown[] | undefined,
  after: readonly unknown[] | undefined,
  changes: Changes,
): void {
  const [old, now] = [before, after].map((values) =>
    values === undefined ? undefined : new Set(values.map((value) => JSON.stringify(value))),
  );
  const lacks = (all: ReadonlySet<string> | undefined, some: ReadonlySet<string> | undefined): boolean =>
    all !== undefined && (some === undefined || [...some].some((value) => !all.has(value)));
  if (lacks(old, now)) changes.add('widened');
  if (lacks(now, old)) changes.add('narrowed');
}

function compareBounds(lower: unknown, higher: unknown, none: number, changes: Changes): void {
  const [from, to] = [lower ?? none, higher ?? none];
  if (typeof from !== 'number' || typeof to !== 'number') changes.add('changed');
  else changes.add(from < to ? 'narrowed' : 'widened');
}

const own = (schema: JsonObject, name: string): unknown => (Object.hasOwn(schema, name) ? schema[name] : undefined);

const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

const requiredIn = (schema: JsonObject): Set<string> =>
  new Set((listOf(own(schema, 'required')) ?? []).filter((name) => typeof name === 'string'));

/** Both come from canonical JSON, so their texts can be compared. */
const sameJson = (a: unknown, b: unknown): boolean =>
  a === b || (isStructure(a) && isStructure(b) && JSON.stringify(a) === JSON.stringify(b));

const isStructure = (value: unknown): boolean => Array.isArray(value) || isObject(value);
