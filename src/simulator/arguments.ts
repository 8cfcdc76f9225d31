import { isObject, objectOr, textOf, type JsonObject } from './json.ts';
import type { Random } from './random.ts';

/** A JSON Schema may refer to itself: a value nested deeper than this is null. */
const MAX_DEPTH = 8;

/**
 * The smallest arguments that a tool's input schema accepts: required properties only. The value of each comes from its
 * `const`, `examples`, `default` or `enum`, else from its type. `pattern`, `not` and conditions are ignored.
 */
export function minimalArguments(inputSchema: unknown, random: Random): JsonObject {
  const root = objectOr(inputSchema);
  return objectOr(valueFor(root, root, random, 0));
}

function valueFor(asked: unknown, root: JsonObject, random: Random, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  const schema = resolved(objectOr(asked), root);
  if ('const' in schema) return schema['const'];
  if (isFilled(schema['examples'])) return random.pick(schema['examples']);
  if ('default' in schema) return schema['default'];
  if (isFilled(schema['enum'])) return random.pick(schema['enum']);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (isFilled(choices)) return valueFor(choices[0], root, random, depth + 1);

  const types = [schema['type']].flat();
  switch (types.find((type) => type !== 'null') ?? types[0]) {
    case 'string':
      return stringFor(schema, random);
    case 'integer':
      return Math.ceil(numberFor(schema));
    case 'number':
      return numberFor(schema);
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array': {
      const length = numberOr(schema['minItems'], 0);
      return Array.from({ length }, () => valueFor(schema['items'], root, random, depth + 1));
    }
    case 'object':
      return objectFor(schema, root, random, depth);
    default:
      return 'properties' in schema ? objectFor(schema, root, random, depth) : random.pick(sampleWords);
  }
}

function objectFor(schema: JsonObject, root: JsonObject, random: Random, depth: number): JsonObject {
  const properties = objectOr(schema['properties']);
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  return Object.fromEntries(required.map((name) => [name, valueFor(properties[name], root, random, depth + 1)]));
}

const sampleWords = ['Apfel', 'maison', 'fietspad', 'caffè', 'año'];

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-15',
  'date-time': '2026-01-15T09:30:00Z',
  time: '09:30:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function stringFor(schema: JsonObject, random: Random): string {
  const formatted = formats[textOf(schema['format']) ?? ''];
  if (formatted !== undefined) return formatted;
  const word = random.pick(sampleWords) ?? '';
  return word.padEnd(numberOr(schema['minLength'], 0), '.').slice(0, numberOr(schema['maxLength'], Infinity));
}

function numberFor(schema: JsonObject): number {
  const minimum = schema['minimum'] ?? addOne(schema['exclusiveMinimum']);
  return typeof minimum === 'number' ? minimum : Math.min(1, numberOr(schema['maximum'], 1));
}

function addOne(value: unknown): number | undefined {
  return typeof value === 'number' ? value + 1 : undefined;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** Follows `$ref` within the document, and merges `allOf`. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const pointer = textOf(schema['$ref']);
  if (pointer !== undefined) {
    const path = pointer.replace(/^#\/?/, '').split('/').filter(Boolean);
    const names = path.map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
    return objectOr(names.reduce<unknown>((found, name) => objectOr(found)[name], root));
  }
  if (!isFilled(schema['allOf'])) return schema;
  return schema['allOf'].filter(isObject).reduce((all, part) => ({ ...all, ...resolved(part, root) }), schema);
}
