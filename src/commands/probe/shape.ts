import { isObject, type JsonObject } from '../../simulator/json.ts';

/**
 * What several answers to one call have in common. `varies`: nothing. A text has undefined tokens where they vary; where its
 * length varies too, only the common beginning (`head`) and end (`tail`) are kept.
 */
export type Shape =
  | { readonly kind: 'varies' }
  | { readonly kind: 'scalar'; readonly value: number | boolean | null }
  | { readonly kind: 'text'; readonly tokens: readonly (string | undefined)[]; readonly sample: string }
  | {
      readonly kind: 'rough';
      readonly head: readonly string[];
      readonly tail: readonly string[];
      readonly sample: string;
    }
  | { readonly kind: 'list'; readonly items: readonly Shape[] }
  | {
      readonly kind: 'object';
      readonly members: ReadonlyMap<string, Shape>;
      /** Members that only some of the answers have. */
      readonly loose: ReadonlySet<string>;
    };

export interface Difference {
  /** Such as `content[0].text`; empty for the whole. */
  readonly path: string;
  /** The two values as people read them. */
  readonly one: string;
  readonly other: string;
}

const VARIES: Shape = { kind: 'varies' };
const MAX_TEXT_CHARS = 100_000;

/** Finds what stays the same in answers that should be alike. */
export function learn(samples: readonly unknown[]): Shape {
  const [first] = samples;
  if (samples.every((each) => typeof each === 'string')) return learnText(samples);
  if (samples.every(isArray)) {
    const length = samples[0]?.length ?? 0;
    if (samples.some((each) => each.length !== length)) return VARIES;
    return { kind: 'list', items: Array.from({ length }, (_, index) => learn(samples.map((each) => each[index]))) };
  }
  if (samples.every(isObject)) return learnObject(samples);
  if (typeof first !== 'number' && typeof first !== 'boolean' && first !== null) return VARIES;
  return samples.every((each) => each === first) ? { kind: 'scalar', value: first } : VARIES;
}

const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function learnObject(samples: readonly JsonObject[]): Shape {
  const names = new Set(samples.flatMap((each) => Object.keys(each)));
  const members = new Map<string, Shape>();
  const loose = new Set<string>();
  for (const name of names) {
    if (samples.every((each) => Object.hasOwn(each, name))) members.set(name, learn(samples.map((each) => each[name])));
    else loose.add(name);
  }
  return { kind: 'object', members, loose };
}

/** A UUID or a time is one token, so that it varies as one; other tokens are words with their digits, and single signs. */
const TOKEN =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?|[\p{L}\p{N}_]+(?:\.\d+)?|\S/giu;

const tokensOf = (text: string): readonly string[] => text.slice(0, MAX_TEXT_CHARS).match(TOKEN) ?? [];

/** A text that varies by more than half says nothing: two random texts share words by chance. */
function learnText(samples: readonly string[]): Shape {
  const lists = samples.map(tokensOf);
  const [first = []] = lists;
  const [sample = ''] = samples;
  const shortest = Math.min(...lists.map(({ length }) => length));
  if (lists.every(({ length }) => length === first.length)) {
    const tokens = first.map((token, index) => (lists.every((each) => each[index] === token) ? token : undefined));
    const fixed = tokens.filter((token) => token !== undefined).length;
    return fixed * 2 < tokens.length ? VARIES : { kind: 'text', tokens, sample };
  }
  const agree = (at: (list: readonly string[]) => string | undefined): boolean =>
    lists.every((each) => at(each) === at(first));
  let head = 0;
  while (head < shortest && agree((list) => list[head])) head += 1;
  let tail = 0;
  while (tail < shortest - head && agree((list) => list.at(-1 - tail))) tail += 1;
  if ((head + tail) * 2 < shortest) return VARIES;
  return { kind: 'rough', head: first.slice(0, head), tail: first.slice(first.length - tail), sample };
}

/** Where two shapes cannot be of the same answer. Parts that vary in either are passed over. */
export function compare(one: Shape, other: Shape, path = ''): Difference[] {
  if (one.kind === 'varies' || other.kind === 'varies') return [];
  const differ = (): Difference[] => [{ path, one: preview(one), other: preview(other) }];
  if (isText(one) && isText(other)) return sameText(one, other) ? [] : differ();
  if (one.kind === 'list' && other.kind === 'list') {
    if (one.items.length !== other.items.length) return differ();
    return one.items.flatMap((item, index) => compare(item, other.items[index] ?? VARIES, `${path}[${index}]`));
  }
  if (one.kind === 'object' && other.kind === 'object') {
    const names = new Set([...one.members.keys(), ...other.members.keys()]);
    return [...names].flatMap((name) => {
      if (one.loose.has(name) || other.loose.has(name)) return [];
      const [mine, theirs] = [one.members.get(name), other.members.get(name)];
      const at = memberPath(path, name);
      if (mine !== undefined && theirs !== undefined) return compare(mine, theirs, at);
      return [{ path: at, one: preview(mine), other: preview(theirs) }];
    });
  }
  if (one.kind === 'scalar' && other.kind === 'scalar') return one.value === other.value ? [] : differ();
  return differ();
}

const memberPath = (path: string, name: string): string => {
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
};

type Text = Extract<Shape, { kind: 'text' | 'rough' }>;

const isText = (shape: Shape): shape is Text => shape.kind === 'text' || shape.kind === 'rough';

function sameText(one: Text, other: Text): boolean {
  if (one.kind === 'text' && other.kind === 'text' && one.tokens.length !== other.tokens.length) return false;
  const [mine, theirs] = [endsOf(one), endsOf(other)];
  const fits = (a: readonly (string | undefined)[], b: readonly (string | undefined)[]): boolean =>
    a.every((token, index) => {
      const beside = b[index];
      return index >= b.length || token === undefined || beside === undefined || token === beside;
    });
  return fits(mine.head, theirs.head) && fits(mine.tail.toReversed(), theirs.tail.toReversed());
}

const endsOf = (text: Text): { head: readonly (string | undefined)[]; tail: readonly (string | undefined)[] } =>
  text.kind === 'rough' ? text : { head: text.tokens, tail: text.tokens };

/** Whether a shape holds anything that can be compared. */
export function isSettled(shape: Shape): boolean {
  switch (shape.kind) {
    case 'varies':
      return false;
    case 'list':
      return shape.items.length === 0 || shape.items.some(isSettled);
    case 'object':
      return shape.members.size === 0 || [...shape.members.values()].some(isSettled);
    default:
      return true;
  }
}

const MAX_PREVIEW_CHARS = 200;

function preview(shape: Shape | undefined): string {
  const text = shape === undefined ? '(missing)' : JSON.stringify(exampleOf(shape));
  return text.length > MAX_PREVIEW_CHARS ? `${text.slice(0, MAX_PREVIEW_CHARS)}…` : text;
}

function exampleOf(shape: Shape): unknown {
  switch (shape.kind) {
    case 'varies':
      return '…';
    case 'scalar':
      return shape.value;
    case 'text':
    case 'rough':
      return shape.sample;
    case 'list':
      return shape.items.map(exampleOf);
    case 'object':
      return Object.fromEntries(Array.from(shape.members, ([name, member]) => [name, exampleOf(member)]));
  }
}
