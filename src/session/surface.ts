import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { eachElement, endOfValue } from '../json/scan.ts';
import { sliceOfMember } from '../observe/skim.ts';
import { asBuffer } from '../transport/wire/copy.ts';
import { keepNewest } from '../transport/bounded.ts';

/** What a list says of one tool. */
export interface ListedTool {
  name: string;
  /** Size of its definition as sent, which a client pays for when it reads the list. */
  bytes: number;
  /** Hash of its definition as sent, in 16 hex digits. */
  hash: string;
}

/** A tool counts as offered if it was listed at most so long before the latest list: clients may read the list page by page. */
export const OFFERED_MS = 3_600_000;
const MAX_NAME_CHARS = 128;
const MAX_TOOLS = 1_000;
const MAX_PAGES = 64;
const HEX_DIGITS = 16;
const REPEAT_MS = 60_000;
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;

/** Reads the answers to `tools/list`. Most of them repeat an earlier one. */
export class ToolSurface {
  /** When each page was reported last, by its hash. */
  readonly #pages = new Map<string, number>();
  /** The latest page. To compare 90 KB takes 1 µs, to hash them 50. */
  #latest = { list: Buffer.alloc(0), page: '' };

  /** The tools in an answer; undefined: it holds no list, or the same page was reported within the last minute. */
  listed(message: Uint8Array, at: number): readonly ListedTool[] | undefined {
    const list = sliceOfMember(message, ['result', 'tools']);
    if (list === undefined || list[0] !== OPEN_BRACKET) return undefined;
    if (!this.#latest.list.equals(list)) this.#latest = { list: Buffer.from(list), page: hashOf(list) };
    const { page } = this.#latest;
    const reportedAt = this.#pages.get(page);
    if (reportedAt !== undefined && at - reportedAt < REPEAT_MS) return undefined;
    this.#pages.delete(page);
    this.#pages.set(page, at);
    keepNewest(this.#pages, MAX_PAGES);
    return toolsIn(list);
  }
}

function toolsIn(list: Uint8Array): ListedTool[] {
  const text = asBuffer(list);
  const tools: ListedTool[] = [];
  eachElement(text, 0, (at) => {
    const end = endOfValue(text, at);
    if (end === -1 || tools.length >= MAX_TOOLS) return -1;
    const definition = text.subarray(at, end);
    const name = nameIn(definition);
    if (name !== undefined) tools.push({ name, bytes: definition.length, hash: hashOf(definition) });
    return end;
  });
  return tools;
}

function nameIn(definition: Buffer): string | undefined {
  const slice = sliceOfMember(definition, ['name']);
  if (slice === undefined || slice[0] !== QUOTE) return undefined;
  try {
    const name: unknown = JSON.parse(asBuffer(slice).toString('utf8'));
    return typeof name === 'string' ? name.slice(0, MAX_NAME_CHARS).toWellFormed() : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const hashOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex').slice(0, HEX_DIGITS);
