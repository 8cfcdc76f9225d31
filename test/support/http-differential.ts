import { Codec, type CodecMessage, type CodecOptions } from './codec.ts';
import { KNOWN_METHODS, Llhttp, type LlhttpMessage } from './llhttp.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What the codec made of a connection. */
export interface Verdict {
  messages: readonly CodecMessage[];
  /** `status text` */
  refusal: string | undefined;
  /** llhttp refuses it as well, or stops before. */
  refusedByBoth: boolean;
}

/** The codec and llhttp, or the codec and itself, differ. */
export class Difference extends Error {}

/**
 * Reads what one side of a connection sends with mcpspan's codec, and holds what it accepts against llhttp, the strict
 * parser of Node: as it came, and as it goes on. Cuts the bytes in several ways. mcpspan accepts more than llhttp in three
 * ways: methods that llhttp does not know, which are the upstream's business (`knownTo`); what follows a message that
 * closes its connection, which is up to the one who closes it (`readByLlhttp`); the beginning of a trailer that will be
 * refused at the end of its line (`checkOpen`).
 * @param random where they are cut; undefined: everywhere, in turn
 * @throws Difference
 */
export function compareWithLlhttp(bytes: Buffer, options: CodecOptions, random?: SeededRandom): Verdict {
  const whole = readPieces([bytes], options);
  const complete = whole.messages.filter(({ end }) => end >= 0);
  const original = readByLlhttp(bytes, complete, options);
  for (const [index, message] of complete.entries()) {
    const theirs = original.read[index];
    const trailers = trailersOf(bytes, message);
    if (theirs === undefined) throw new Difference(`llhttp refuses message ${index}: ${original.refusal}`);
    expectSame(`message ${index}`, asRead(message, trailers), theirs);
    checkForwarded(`message ${index} as it goes on`, bytes, message, trailers, options);
  }
  const open = whole.messages.at(-1);
  if (open?.end === -1 && whole.refusal === undefined) checkOpen(bytes, open, options);
  checkCuts(bytes, options, whole, random);
  return {
    messages: whole.messages,
    refusal: whole.refusal,
    refusedByBoth: whole.refusal !== undefined && refusedByLlhttp(bytes, complete, options),
  };
}

interface Reading {
  messages: readonly CodecMessage[];
  refusal: string | undefined;
  /** How many pieces were taken when it was refused, or the protocol changed. */
  pieces: number;
}

function readPieces(pieces: readonly Buffer[], options: CodecOptions): Reading {
  const codec = new Codec(options);
  let taken = 0;
  for (const piece of pieces) {
    codec.take(piece);
    taken++;
    if (codec.over) break;
  }
  if (!codec.over) codec.end();
  const { refusal, messages } = codec;
  return { messages, refusal: refusal && `${refusal.status} ${refusal.text}`, pieces: taken };
}

/** Any cut of the bytes reads the same, and refuses at the same byte. */
function checkCuts(bytes: Buffer, options: CodecOptions, whole: Reading, random: SeededRandom | undefined): void {
  const expected = JSON.stringify([whole.refusal, whole.messages]);
  const check = (pieces: readonly Buffer[]): Reading => {
    const reading = readPieces(pieces, options);
    const found = JSON.stringify([reading.refusal, reading.messages]);
    if (found === expected) return reading;
    const cuts = pieces.map(({ length }) => length).join(', ');
    throw new Difference(`cut into ${cuts} it is read as\n${found}\ninstead of\n${expected}`);
  };
  const one = random === undefined || random.once(8) ? check([...bytes].map((byte) => Buffer.from([byte]))) : undefined;
  const checkPlaces = (...places: number[]): void => {
    const from = [0, ...places];
    const reading = check(from.map((place, index) => bytes.subarray(place, from[index + 1] ?? bytes.length)));
    // Which byte decided is known when it came alone.
    const decided = one === undefined || whole.refusal === undefined ? undefined : one.pieces;
    if (decided === undefined) return;
    const end = from[reading.pieces] ?? bytes.length;
    if ((from[reading.pieces - 1] ?? 0) < decided && decided <= end) return;
    throw new Difference(`cut at ${places.join(', ')} it is refused before byte ${end} instead of at ${decided}`);
  };
  if (bytes.length < 2) return;
  if (random === undefined) for (let place = 1; place < bytes.length; place++) checkPlaces(place);
  else {
    const places = Array.from({ length: 1 + random.below(6) }, () => 1 + random.below(bytes.length - 1));
    checkPlaces(...[...new Set(places)].sort((left, right) => left - right));
  }
}

/** One for each kind serves all: Node frees a parser late, and millions fill the memory. */
const PARSERS = { request: new Llhttp('request'), answer: new Llhttp('answer') };

function freshLlhttp(kind: 'request' | 'answer'): Llhttp {
  const llhttp = PARSERS[kind];
  llhttp.restart();
  llhttp.toHead = false;
  return llhttp;
}

interface LlhttpReading {
  read: LlhttpMessage[];
  refusal: string | undefined;
}

/** Reads by llhttp what the codec takes for messages; each must end exactly where the codec says. */
function readByLlhttp(bytes: Buffer, messages: readonly CodecMessage[], options: CodecOptions): LlhttpReading {
  const llhttp = freshLlhttp(options.kind);
  const read: LlhttpMessage[] = [];
  let from = 0;
  for (const message of messages) {
    llhttp.toHead = options.kind === 'answer' && message.method === 'HEAD';
    const theirs = readOne(llhttp, knownTo(llhttp, bytes.subarray(from, message.end), message, from), message);
    if (theirs === undefined) return { read, refusal: llhttp.refusal };
    read.push(theirs);
    from = message.end;
    // llhttp refuses whatever follows a message that closes its connection. mcpspan leaves that to the one who closes.
    if (theirs.keepsAlive && !theirs.upgrades) llhttp.messages.length = 0;
    else llhttp.restart();
  }
  return { read, refusal: undefined };
}

function readOne(llhttp: Llhttp, bytes: Buffer, message: CodecMessage): LlhttpMessage | undefined {
  const last = bytes.length - 1;
  const taken = llhttp.read(bytes.subarray(0, last));
  if (llhttp.refusal !== undefined) return undefined;
  if (taken !== last || llhttp.messages.some(({ complete }) => complete))
    throw new Difference(`llhttp ends ${message.firstLine} before its last byte`);
  llhttp.read(bytes.subarray(last));
  if (message.framing === 'until-close') llhttp.end();
  if (llhttp.refusal !== undefined) return undefined;
  const [theirs, second] = llhttp.messages;
  if (theirs === undefined || second !== undefined || !theirs.complete)
    throw new Difference(`llhttp does not end ${message.firstLine} with its last byte`);
  return theirs;
}

/** llhttp knows a list of methods; any other is read as POST. */
function knownTo(llhttp: Llhttp, bytes: Buffer, message: CodecMessage, from: number): Buffer {
  if (llhttp.kind === 'answer' || KNOWN_METHODS.has(message.method)) return bytes;
  const start = message.start - from;
  return Buffer.concat([bytes.subarray(0, start), Buffer.from('POST'), bytes.subarray(start + message.method.length)]);
}

/** What belongs to a message whose end has not come is passed on as it comes: llhttp must not refuse it. */
function checkOpen(bytes: Buffer, open: CodecMessage, options: CodecOptions): void {
  const llhttp = freshLlhttp(options.kind);
  llhttp.toHead = options.kind === 'answer' && open.method === 'HEAD';
  llhttp.read(knownTo(llhttp, bytes.subarray(open.start), open, open.start));
  const [theirs] = llhttp.messages;
  if (llhttp.refusal !== undefined) {
    // llhttp looks at a trailer while it comes, mcpspan at its end.
    if (readPieces([bytes, Buffer.from('\r\n')], options).refusal !== undefined) return;
    throw new Difference(`llhttp refuses what is read so far: ${llhttp.refusal}`);
  }
  if (theirs?.complete !== false) throw new Difference(`llhttp ends ${open.firstLine} earlier`);
  expectSame('the message so far', { ...asRead(open, []), complete: false }, theirs);
}

/** Whether llhttp refuses what follows those messages, too. */
function refusedByLlhttp(bytes: Buffer, before: readonly CodecMessage[], { kind, methods }: CodecOptions): boolean {
  const llhttp = freshLlhttp(kind);
  const from = before.at(-1)?.end ?? 0;
  const answered = before.filter(({ status }) => status >= 200).length;
  llhttp.toHead = kind === 'answer' && (methods?.[answered] ?? methods?.at(-1)) === 'HEAD';
  const taken = llhttp.read(bytes.subarray(from));
  return llhttp.refusal !== undefined || taken < bytes.length - from || llhttp.messages.at(-1)?.complete !== true;
}

function asRead(message: CodecMessage, trailers: [string, string][]): Partial<LlhttpMessage> {
  const { method, target, status, firstLine, version, fields, data } = message;
  const common = { version, fields, body: data, trailers, complete: true };
  if (status === 0) return { ...common, method: KNOWN_METHODS.has(method) ? method : 'POST', target };
  return { ...common, status, reason: firstLine.slice('HTTP/1.1 200 '.length) };
}

function expectSame(what: string, ours: Partial<LlhttpMessage>, theirs: LlhttpMessage): void {
  for (const [key, value] of Object.entries(ours)) {
    // The keys of `ours` are some of those of `theirs`.
    const [one, other] = [JSON.stringify(value), JSON.stringify(theirs[key as keyof LlhttpMessage])];
    if (one !== other) throw new Difference(`${what} differs in ${key}: ${one}, for llhttp ${other}`);
  }
}

/** The lines after the last chunk. */
function trailersOf(bytes: Buffer, { framing, data, dataEnd, end }: CodecMessage): [string, string][] {
  if (framing !== 'chunked') return [];
  const lines = bytes.toString('latin1', data === '' ? dataEnd : dataEnd + 2, end - 4).split('\r\n');
  return lines.slice(1).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
}

/** What goes on is read by llhttp as the same message, without what is for one hop. */
function checkForwarded(
  what: string,
  bytes: Buffer,
  message: CodecMessage,
  trailers: [string, string][],
  options: CodecOptions,
): void {
  const head = Buffer.from(message.forwarded, 'latin1');
  const { unchunked } = message;
  const raw = unchunked ? Buffer.from(message.data, 'latin1') : bytes.subarray(message.headEnd, message.end);
  const llhttp = freshLlhttp(options.kind);
  llhttp.toHead = options.kind === 'answer' && message.method === 'HEAD';
  const theirs = readOne(llhttp, knownTo(llhttp, Buffer.concat([head, raw]), message, message.start), {
    ...message,
    start: 0,
    framing: unchunked ? 'until-close' : message.framing,
  });
  if (theirs === undefined) throw new Difference(`${what} is refused by llhttp: ${llhttp.refusal}`);
  const fields = fieldsThatGoOn(message, options);
  const other = theirs.fields.filter(([name]) => name.toLowerCase() !== 'connection');
  expectSame(what, { ...asRead(message, unchunked ? [] : trailers), fields }, { ...theirs, fields: other });
  if (theirs.upgrades !== message.upgrades) throw new Difference(`${what} is an upgrade for one only`);
  if (theirs.keepsAlive !== keepsAliveAfter(message, options))
    throw new Difference(`${what} closes the connection for one only`);
}

const OF_ONE_HOP = {
  request: ['te', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'http2-settings'],
  answer: ['keep-alive', 'proxy-connection', 'proxy-authenticate'],
};
/** `Connection` cannot take these away. */
const KEPT = ['traceparent', 'host', 'content-length', 'transfer-encoding', 'mcp-session-id', 'authorization'];

const optionsOf = ({ fields }: CodecMessage): string[] =>
  fields
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((option) => option.trim().toLowerCase()));

function fieldsThatGoOn(message: CodecMessage, { kind, upstreamHost, traceParent }: CodecOptions): [string, string][] {
  const named = optionsOf(message).filter((name) => !KEPT.includes(name));
  const passes = kind === 'request' ? message.upgrades : message.status === 101 || message.status === 426;
  const goesOn = (name: string, value: string): boolean => {
    if (name === 'upgrade') return passes && (value !== '' || kind === 'answer');
    if (name === 'transfer-encoding') return !message.unchunked;
    return name !== 'connection' && !OF_ONE_HOP[kind].includes(name) && !named.includes(name);
  };
  const valueOf = (name: string, value: string): string => {
    if (name === 'host') return upstreamHost ?? value;
    return name === 'traceparent' ? (traceParent ?? value) : value;
  };
  const left = message.fields.filter(([name, value]) => goesOn(name.toLowerCase(), value));
  const changed =
    kind === 'answer'
      ? left
      : left.map(([name, value]): [string, string] => [name, valueOf(name.toLowerCase(), value)]);
  const has = (wanted: string): boolean => message.fields.some(([name]) => name.toLowerCase() === wanted);
  if (kind === 'request' && upstreamHost !== undefined && !has('host')) changed.push(['Host', upstreamHost]);
  if (kind === 'request' && traceParent !== undefined && !has('traceparent'))
    changed.push(['traceparent', traceParent]);
  return changed;
}

/** What llhttp makes of `Connection`, in HTTP/1.0 of `keep-alive` alone. */
function keepsAliveAfter(message: CodecMessage, { closes = false }: CodecOptions): boolean {
  const { fields, framing, method, status, unchunked, version } = message;
  if ((closes && status >= 200) || unchunked || framing === 'until-close') return false;
  const bodiless = status < 200 || status === 204 || status === 304;
  const framed = fields.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  // llhttp decides before it is told that the request was HEAD.
  if (method === 'HEAD' && !bodiless && !framed) return false;
  return version === '1.1' ? !optionsOf(message).includes('close') : optionsOf(message).includes('keep-alive');
}
