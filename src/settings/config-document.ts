import { closeSync, openSync, readSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Scalar, YAMLMap } from 'yaml';
import { messageOf } from '../transport/error-text.ts';

/** A value in a configuration file, with the line where it begins, from 1 on. */
export type FileValue = { line: number } & (
  | { kind: 'nothing' }
  /** A text, a number or a word, as it is written, without quotes. */
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: readonly FileValue[] }
  | { kind: 'keys'; entries: readonly FileEntry[] }
);

export interface FileEntry {
  key: string;
  line: number;
  value: FileValue;
}

/** A problem, and where it is; undefined: in the file as a whole. */
export interface FileProblem {
  line: number | undefined;
  text: string;
}

const MAX_FILE_BYTES = 262_144;
/** One mistake has others in its wake. */
const MAX_SYNTAX_PROBLEMS = 5;
/** As many as the parser itself allows by default. */
const MAX_ALIASES = 100;
const TOO_DEEP = 'it has too many levels: a configuration needs four';
/** Aliases of aliases can make millions of values of a few lines. */
const MAX_VALUES = 100_000;
/** Keys, servers, keys of a server, values of a list: nothing is deeper. */
const MAX_DEPTH = 4;

/** Reads a file into values that know their lines, or says what is wrong with it. */
export function readDocument(path: string): FileValue | readonly FileProblem[] {
  let bytes: Uint8Array;
  try {
    bytes = readAtMost(path, MAX_FILE_BYTES + 1);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    return whole(WHY_UNREADABLE[code] ?? `it cannot be read (${code}): name a file that can`);
  }
  if (bytes.length > MAX_FILE_BYTES) return whole('it is larger than 256 KiB: name a configuration of mcpspan');
  try {
    return parsed(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // The decoder's error, and that of a parser whose stack has no room for so many levels.
    if (error instanceof TypeError) return whole('it is not UTF-8: save it as UTF-8');
    if (error instanceof RangeError) return whole(TOO_DEEP);
    throw error;
  }
}

const whole = (text: string): FileProblem[] => [{ line: undefined, text }];

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist: correct the path',
  ENOTDIR: 'it does not exist: correct the path',
  EISDIR: 'it is a folder: name a file in it',
  EACCES: 'it may not be read by this user: give it the permission',
};

function readAtMost(path: string, most: number): Uint8Array {
  const bytes = new Uint8Array(most);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < most; length += read)
      read = readSync(file, bytes, length, most - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function parsed(text: string): FileValue | readonly FileProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The parser compares each key with each other one: 40 s for 50 000 keys.
    uniqueKeys: false,
  });
  const found = [...document.errors, ...document.warnings];
  const problems: FileProblem[] = found.slice(0, MAX_SYNTAX_PROBLEMS).map(({ code, message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    if (code === 'MULTIPLE_DOCS') return { line, text: 'a second document begins here: keep one, without ---' };
    if (code === 'RESOURCE_EXHAUSTION') return { line, text: TOO_DEEP };
    return { line, text: `the YAML is wrong at column ${col}: ${message.replace(/[.:]$/, '')}` };
  });
  let aliases = 0;
  visit(document, { Alias: () => (++aliases > MAX_ALIASES ? visit.BREAK : undefined) });
  if (aliases > MAX_ALIASES)
    problems.push({ line: 1, text: `it has more than ${MAX_ALIASES} aliases: write them out` });
  if (problems.length > 0) return problems;
  const reader = new ValueReader(document, lines);
  const value = reader.read(document.contents, { line: 1, depth: 0 });
  return reader.problems.length > 0 ? reader.problems : value;
}

/** Where a value stands: the line of what is around it, and in how many levels of it. */
interface Place {
  line: number;
  depth: number;
}

/** Makes values of nodes. Aliases become what they stand for, within bounds. */
class ValueReader {
  readonly problems: FileProblem[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  #values = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  read(node: unknown, { line: around, depth }: Place): FileValue {
    const line = this.#lineOf(node) ?? around;
    const resolved = isAlias(node) ? node.resolve(this.#document) : node;
    if (isAlias(node) && resolved === undefined)
      this.problems.push({ line, text: `nothing is called &${node.source}: correct the name after *` });
    if (++this.#values === MAX_VALUES)
      this.problems.push({ line, text: 'its aliases make it too large: write out what they stand for' });
    if (isScalar(resolved)) return { line, ...scalarOf(resolved) };
    if ((!isMap(resolved) && !isSeq(resolved)) || this.#values > MAX_VALUES) return { kind: 'nothing', line };
    if (isMap(resolved))
      return { kind: 'keys', line, entries: depth < MAX_DEPTH ? this.#entries(resolved, { line, depth }) : [] };
    const items = depth < MAX_DEPTH ? resolved.items : [];
    return { kind: 'list', line, items: items.map((item) => this.read(item, { line, depth: depth + 1 })) };
  }

  #entries({ items }: YAMLMap, { line: around, depth }: Place): FileEntry[] {
    const entries = new Map<string, FileEntry>();
    for (const { key, value } of items) {
      const [name, line] = [isScalar(key) ? String(key.value) : String(key), this.#lineOf(key) ?? around];
      const before = entries.get(name);
      if (before !== undefined)
        this.problems.push({ line, text: `${name} stands in line ${before.line} too: keep one of them` });
      entries.set(name, { key: name, line, value: this.read(value, { line, depth: depth + 1 }) });
    }
    return [...entries.values()];
  }

  #lineOf(node: unknown): number | undefined {
    const range = isNode(node) ? node.range : undefined;
    return range ? this.#lines.linePos(range[0]).line : undefined;
  }
}

function scalarOf({ value, source }: Scalar): { kind: 'nothing' } | { kind: 'text'; text: string } {
  if (value === null) return { kind: 'nothing' };
  if (typeof value === 'string') return { kind: 'text', text: value };
  // A number or a word stays as it is written: its option reads it.
  return { kind: 'text', text: source ?? JSON.stringify(value) };
}
