import { Buffer } from 'node:buffer';
import { eachElement, endOfValue } from '../json/scan.ts';
import { sliceOfMember } from '../observe/skim.ts';
import { asBuffer } from '../transport/wire/copy.ts';
import { keepNewest } from '../transport/bounded.ts';
import { Contracts, hashOf, type Contract } from './contract.ts';

/** What a list says of one tool. */
export interface ListedTool {
  name: string;
  /** Size of its definition as sent, which a client pays for when it reads the list. */
  bytes: number;
  /** Hash of its definition as sent, in 16 hex digits. */
  hash: string;
  contract: Contract;
}

/** One answer to `tools/list`. */
export interface ListedPage {
  tools: readonly ListedTool[];
  /** It holds more tools than are read. */
  cut: boolean;
  /** The same page was not reported within the last minute. */
  news: boolean;
}

/** A tool counts as offered if it was listed at most so long before the latest list: clients may read the list page by page. */
export const OFFERED_MS = 3_600_000;
const MAX_NAME_CHARS = 128;
const MAX_TOOLS = 1_000;
const MAX_PAGES = 64;
const REPEAT_MS = 60_000;
/** Pages that are not read again, and their size. */
const MAX_READ_PAGES = 8;
const MAX_READ_BYTES = 262_144;
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;

/** Reads the answers to `tools/list`. Most of them repeat an earlier one. */
export class ToolSurface {
  /** When each page was reported last, by its hash. */
  readonly #reported = new Map<string, number>();
  /** What pages hold, by their hash. */
  readonly #read = new Map<string, Omit<ListedPage, 'news'>>();
  readonly #contracts = new Contracts();
  /** The latest page. To compare 90 KB takes 1 µs, to hash them 50. */
  #latest = { list: Buffer.alloc(0), page: '' };

  /** The tools in an answer; undefined: it holds no list. */
  listed(message: Uint8Array, at: number): ListedPage | undefined {
    const list = sliceOfMember(message, ['result', 'tools']);
    if (list === undefined || list[0] !== OPEN_BRACKET) return undefined;
    if (!this.#latest.list.equals(list)) this.#latest = { list: Buffer.from(list), page: hashOf(list) };
    const { page } = this.#latest;
    const reportedAt = this.#reported.get(page);
    const news = reportedAt === undefined || at - reportedAt >= REPEAT_MS;
    if (news) {
      this.#reported.delete(page);
      this.#reported.set(page, at);
      keepNewest(this.#reported, MAX_PAGES);
    }
    const read = this.#read.get(page) ?? this.#toolsIn(asBuffer(list));
    if (list.length <= MAX_READ_BYTES) {
      this.#read.delete(page);
      this.#read.set(page, read);
      keepNewest(this.#read, MAX_READ_PAGES);
    }
    return { ...read, news };
  }

  #toolsIn(text: Buffer): Omit<ListedPage, 'news'> {
    const tools: ListedTool[] = [];
    let cut = false;
    eachElement(text, 0, (at) => {
      const end = endOfValue(text, at);
      cut ||= end !== -1 && tools.length >= MAX_TOOLS;
      if (end === -1 || cut) return -1;
      const definition = text.subarray(at, end);
      const name = nameIn(definition);
      if (name !== undefined) {
        const hash = hashOf(definition);
        tools.push({ name, bytes: definition.length, hash, contract: this.#contracts.of(definition, hash) });
      }
      return end;
    });
    return { tools, cut };
  }
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
