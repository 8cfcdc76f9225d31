import { asBuffer } from '../transport/wire/copy.ts';
import { eachElement, eachMember, endOfValue, keyIs, skipSpace } from '../json/scan.ts';

/** One JSON-RPC message of a body or an event; `text` is a view of its `bytes` bytes of UTF-8. */
export interface RawMessage {
  value: unknown;
  bytes: number;
  text: Uint8Array;
}

/** A value whose end is known. Its content is parsed only on demand. */
interface Skimmed {
  end: number;
  value(): unknown;
}

type Reader = (text: Buffer, at: number) => Skimmed;

/** A run of small members, or one bulky member with the parts of it that are read. */
type Part =
  | { kind: 'small'; from: number; to: number }
  | { kind: 'bulky'; keyAt: number; keyEnd: number; skimmed: Skimmed | undefined };

// Measured: leaving bulk out is faster from 3 KiB (nested data), 4 KiB (lines of text, lists of tools) or 8 KiB
// (unbroken text) on.
const MAX_WHOLE_BYTES = 4096;
const MAX_SMALL_BYTES = 2048;
const MAX_CUT_BYTES = 1024;
const MAX_NAMES = 10_000;

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const OPEN_BRACE = 0x7b;

const info = objectReader({ name: cutString, version: cutString });

const meta = objectReader({
  // Only its presence matters here: `sent-spans.ts` reads it.
  otel: emptyValue,
  'io.modelcontextprotocol/clientInfo': info,
  'io.modelcontextprotocol/clientCapabilities': emptyValue,
  'io.modelcontextprotocol/serverInfo': info,
});

const body = objectReader({
  _meta: meta,
  clientInfo: info,
  serverInfo: info,
  tools: listReader('name'),
  prompts: listReader('name'),
  resources: listReader('uri'),
  message: cutString,
  name: cutString,
  uri: cutString,
});

const message = objectReader({ id: cutString, method: cutString, params: body, result: body, error: body });

/**
 * Reads the JSON-RPC messages of one HTTP body or one event: an object is one message, each element of a batch is one;
 * undefined when the text is not JSON. A message above 4 KiB is shortened. It keeps members of up to 2 KiB of the
 * message, its params, result, error and their `_meta`, `clientInfo`, `serverInfo`; the names (`{ name }`, `{ uri }`)
 * in bulky lists of tools, prompts and resources; and the first 1 KiB of bulky strings that name or explain. A bulky
 * member that should have one of these types but has another becomes empty. Errors in the omitted text go unnoticed.
 */
export function readMessages(text: Uint8Array): RawMessage[] | undefined {
  const bytes = asBuffer(text);
  const from = startOf(bytes);
  try {
    if (bytes[from] === OPEN_BRACKET) return readBatch(text, bytes, from);
    if (bytes.length - from <= MAX_WHOLE_BYTES) {
      const value: unknown = JSON.parse(bytes.toString('utf8', from));
      return [rawMessage(value, text, from, endOf(bytes))];
    }
    const { end, value } = readBig(bytes, from);
    return end !== -1 && skipSpace(bytes, end) === bytes.length ? [rawMessage(value(), text, from, end)] : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * The bytes (a view) of the value at `path` in the JSON object `text`; undefined when the value is absent or the text
 * is broken. Of equal keys the last one counts. The names in `path` are ASCII.
 */
export function sliceOfMember(text: Uint8Array, path: readonly string[]): Uint8Array | undefined {
  const bytes = asBuffer(text);
  let at = startOf(bytes);
  let end = endOf(bytes);
  for (const name of path) {
    if (bytes[at] !== OPEN_BRACE) return undefined;
    const found = lastMember(bytes, at, name);
    if (found.end === -1 || found.valueEnd === -1) return undefined;
    at = found.valueAt;
    end = found.valueEnd;
  }
  return text.subarray(at, end);
}

function readBatch(text: Uint8Array, bytes: Buffer, from: number): RawMessage[] | undefined {
  const messages: RawMessage[] = [];
  const end = eachElement(bytes, from, (at) => {
    const element = readBig(bytes, at);
    if (element.end === -1) return -1;
    const isBig = element.end - at > MAX_WHOLE_BYTES;
    const value: unknown = isBig ? element.value() : JSON.parse(bytes.toString('utf8', at, element.end));
    messages.push(rawMessage(value, text, at, element.end));
    return element.end;
  });
  return end !== -1 && skipSpace(bytes, end) === bytes.length ? messages : undefined;
}

/**
 * Parses big values whole if they are neither objects nor arrays: to the scanner, text that is not JSON looks like
 * them.
 */
function readBig(bytes: Buffer, at: number): Skimmed {
  const first = bytes[at];
  if (first === OPEN_BRACE) return message(bytes, at);
  if (first === OPEN_BRACKET) return emptyValue(bytes, at);
  const end = endOfValue(bytes, at);
  return { end, value: () => JSON.parse(bytes.toString('utf8', at, end)) };
}

function rawMessage(value: unknown, text: Uint8Array, from: number, to: number): RawMessage {
  return { value, bytes: to - from, text: text.subarray(from, to) };
}

function objectReader(known: Record<string, Reader>): Reader {
  const readers = Object.entries(known).map(([name, read]) => ({ name, read }));
  return (text, at) => {
    if (text[at] !== OPEN_BRACE) return emptyValue(text, at);
    const parts: Part[] = [];
    const end = eachMember(text, at, (keyAt, keyEnd, valueAt) => {
      const reader = readers.find(({ name }) => keyIs(text, keyAt, keyEnd, name));
      const skimmed = reader?.read(text, valueAt);
      const valueEnd = skimmed?.end ?? endOfValue(text, valueAt);
      const last = parts.at(-1);
      if (valueEnd - keyAt > MAX_SMALL_BYTES) parts.push({ kind: 'bulky', keyAt, keyEnd, skimmed });
      else if (last?.kind === 'small') last.to = valueEnd;
      else parts.push({ kind: 'small', from: keyAt, to: valueEnd });
      return valueEnd;
    });
    return { end, value: () => assemble(text, parts) };
  };
}

/** Gives JSON.parse every key in its place, bulky ones with null, so that it handles escapes, order and equal keys. */
function assemble(text: Buffer, parts: readonly Part[]): Record<string, unknown> {
  const members = parts.map((part) =>
    part.kind === 'small'
      ? text.toString('utf8', part.from, part.to)
      : `${text.toString('utf8', part.keyAt, part.keyEnd)}:null`,
  );
  const value: Record<string, unknown> = JSON.parse(`{${members.join(',')}}`);
  for (const part of parts.toReversed()) {
    if (part.kind === 'small') continue;
    const key: string = JSON.parse(text.toString('utf8', part.keyAt, part.keyEnd));
    if (value[key] !== null) continue;
    if (part.skimmed === undefined) delete value[key];
    else value[key] = part.skimmed.value();
  }
  return value;
}

function listReader(member: string): Reader {
  return (text, at) => {
    if (text[at] !== OPEN_BRACKET) return emptyValue(text, at);
    const names: string[] = [];
    const end = eachElement(text, at, (valueAt) => {
      if (text[valueAt] !== OPEN_BRACE) return endOfValue(text, valueAt);
      const found = lastMember(text, valueAt, member);
      const isString = found.valueEnd !== -1 && text[found.valueAt] === QUOTE;
      if (names.length < MAX_NAMES) names.push(isString ? stringText(text, found.valueAt, found.valueEnd) : 'null');
      return found.end;
    });
    return { end, value: () => objectsWith(member, JSON.parse(`[${names.join(',')}]`)) };
  };
}

function objectsWith(member: string, names: readonly (string | null)[]): Record<string, string>[] {
  return names.map((name) => (name === null ? {} : { [member]: name }));
}

function cutString(text: Buffer, at: number): Skimmed {
  if (text[at] !== QUOTE) return emptyValue(text, at);
  const end = endOfValue(text, at);
  return { end, value: () => JSON.parse(stringText(text, at, end)) };
}

function emptyValue(text: Buffer, at: number): Skimmed {
  const first = text[at];
  const value = first === OPEN_BRACKET ? [] : first === OPEN_BRACE ? {} : '';
  return { end: endOfValue(text, at), value: () => value };
}

/** The JSON text of a string; of a bulky one the first 1 KiB. It is never cut inside an escape or a UTF-8 sequence. */
function stringText(text: Buffer, at: number, end: number): string {
  if (end - at <= MAX_SMALL_BYTES) return text.toString('utf8', at, end);
  let next = at + 1;
  while (next <= at + MAX_CUT_BYTES) next += text[next] !== BACKSLASH ? 1 : text[next + 1] === LETTER_U ? 6 : 2;
  for (let i = 0; i < 3 && ((text[next] ?? 0) & 0xc0) === 0x80; i += 1) next += 1;
  return `${text.toString('utf8', at, next)}"`;
}

function lastMember(text: Buffer, at: number, name: string): { end: number; valueAt: number; valueEnd: number } {
  const found = { end: -1, valueAt: -1, valueEnd: -1 };
  found.end = eachMember(text, at, (keyAt, keyEnd, valueAt) => {
    const valueEnd = endOfValue(text, valueAt);
    if (keyIs(text, keyAt, keyEnd, name)) {
      found.valueAt = valueAt;
      found.valueEnd = valueEnd;
    }
    return valueEnd;
  });
  return found;
}

/** The position after a byte order mark and whitespace. */
function startOf(text: Buffer): number {
  const hasMark = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
  return skipSpace(text, hasMark ? 3 : 0);
}

/** The position before trailing whitespace. */
function endOf(text: Buffer): number {
  let end = text.length;
  while (end > 0 && (text[end - 1] ?? 0) <= 0x20) end -= 1;
  return end;
}

/** A string at `path`, of which at most 1 KiB; undefined: there is none, or it is no string. */
export function shortTextOfMember(text: Uint8Array, path: readonly string[]): string | undefined {
  const slice = sliceOfMember(text, path);
  if (slice === undefined || slice[0] !== QUOTE) return undefined;
  try {
    const value: unknown = JSON.parse(stringText(asBuffer(slice), 0, slice.length));
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As `sliceOfMember`, but as text; for the capture that the operator asked for. */
export function textOfMember(text: Uint8Array, path: readonly string[]): string | undefined {
  const slice = sliceOfMember(text, path);
  return slice === undefined ? undefined : Buffer.from(slice).toString('utf8');
}
