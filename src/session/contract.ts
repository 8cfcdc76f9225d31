import type { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { isObject } from '../observe/json-object.ts';
import { keepNewest } from '../transport/bounded.ts';
import { hiddenIn, HIDDEN_KINDS, type HiddenKind } from './hidden-characters.ts';

/** What a tool promises to its callers. */
export interface Contract {
  /** In 16 hex digits. Equal contracts have equal hashes, however they are written. */
  readonly hash: string;
  /**
   * Canonical JSON of its members; undefined: it is too large, too deep or no JSON, or there was no room for it. Then only
   * its bytes are compared.
   */
  readonly text: string | undefined;
  readonly hidden: readonly HiddenKind[];
}

/** The members that mean something to callers. Others, such as `_meta` and `icons`, may differ at each list. */
const MEMBERS: ReadonlySet<string> = new Set([
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
]);
/** Arrays whose order means nothing. Servers that keep them as sets write them in another order after each start. */
const SETS: ReadonlySet<string> = new Set(['required', 'enum', 'type']);
const MAX_DEFINITION_BYTES = 65_536;
const MAX_DEPTH = 64;
const HEX_DIGITS = 16;
const MAX_KNOWN = 5_000;
const MAX_KNOWN_CHARS = 2_000_000;

export const hashOf = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex').slice(0, HEX_DIGITS);

/** Reads contracts. Most definitions were read before. */
export class Contracts {
  /** By the hash of the definition as sent. */
  readonly #known = new Map<string, Contract>();
  #chars = 0;

  /** @param hash of the definition as sent */
  of(definition: Buffer, hash: string): Contract {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const contract = contractOf(definition, hash);
    this.#chars += contract.text?.length ?? 0;
    if (this.#chars > MAX_KNOWN_CHARS) {
      this.#known.clear();
      this.#chars = contract.text?.length ?? 0;
    }
    this.#known.set(hash, contract);
    keepNewest(this.#known, MAX_KNOWN);
    return contract;
  }
}

/** @param hash of the definition as sent */
export function contractOf(definition: Buffer, hash = hashOf(definition)): Contract {
  const unread: Contract = { hash, text: undefined, hidden: [] };
  if (definition.length > MAX_DEFINITION_BYTES) return unread;
  const hidden = new Set<HiddenKind>();
  try {
    const value: unknown = JSON.parse(definition.toString('utf8'));
    if (!isObject(value)) return unread;
    const members = Object.entries(value).filter(([name]) => MEMBERS.has(name));
    const text = objectText(members, 0, hidden);
    return { hash: hashOf(text), text, hidden: HIDDEN_KINDS.filter((kind) => hidden.has(kind)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooDeep) return unread;
    throw error;
  }
}

class TooDeep extends Error {}

/** JSON with sorted keys and without spaces. */
function canonical(value: unknown, name: string, depth: number, hidden: Set<HiddenKind>): string {
  if (depth > MAX_DEPTH) throw new TooDeep();
  if (typeof value === 'string') return stringText(value, hidden);
  if (Array.isArray(value)) {
    const parts = value.map((each) => canonical(each, '', depth + 1, hidden));
    return `[${(SETS.has(name) ? parts.toSorted() : parts).join(',')}]`;
  }
  return isObject(value) ? objectText(Object.entries(value), depth, hidden) : JSON.stringify(value);
}

const objectText = (
  members: readonly (readonly [name: string, value: unknown])[],
  depth: number,
  hidden: Set<HiddenKind>,
): string =>
  `{${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${stringText(name, hidden)}:${canonical(value, name, depth + 1, hidden)}`)
    .join(',')}}`;

function stringText(text: string, hidden: Set<HiddenKind>): string {
  for (const kind of hiddenIn(text)) hidden.add(kind);
  return JSON.stringify(text);
}
