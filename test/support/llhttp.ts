import { createRequire } from 'node:module';
import { MAX_HEAD_BYTES } from '../../src/transport/http/head-reader.ts';

/** A message as llhttp reads it. Texts have one character for each byte. */
export interface LlhttpMessage {
  /** Of a request. */
  method: string | undefined;
  target: string;
  /** Of an answer. */
  status: number;
  reason: string;
  version: string;
  fields: [name: string, value: string][];
  body: string;
  trailers: [name: string, value: string][];
  upgrades: boolean;
  keepsAlive: boolean;
  complete: boolean;
}

type HeadersComplete = (
  major: number,
  minor: number,
  fields: readonly string[] | undefined,
  method: number | undefined,
  target: string | undefined,
  status: number | undefined,
  reason: string | undefined,
  upgrades: boolean,
  keepsAlive: boolean,
) => number;

interface NodeParser {
  initialize(kind: number, resource: object, maxHeadBytes: number, leniency: number): void;
  execute(bytes: Uint8Array): number | (Error & { code: string; reason: string });
  finish(): undefined | (Error & { code: string; reason: string });
  [callback: number]: unknown;
}

interface NodeParserClass {
  new (): NodeParser;
  REQUEST: number;
  RESPONSE: number;
  kOnMessageBegin: number;
  kOnHeaders: number;
  kOnHeadersComplete: number;
  kOnBody: number;
  kOnMessageComplete: number;
  kLenientNone: number;
}

// Node has no types for this module: its exports are those of `lib/_http_common.js` and `src/node_http_parser.cc`.
const { HTTPParser, methods } = createRequire(import.meta.url)('node:_http_common') as {
  HTTPParser: NodeParserClass;
  methods: readonly string[];
};

/** The strict parser of `node:http`, without a server. */
export class Llhttp {
  readonly messages: LlhttpMessage[] = [];
  /** Why it refuses what it was given. */
  refusal: string | undefined;
  /** The request was HEAD: no body follows. */
  toHead = false;
  readonly #parser = new HTTPParser();
  readonly kind: 'request' | 'answer';
  /** It comes with the first fields, where there are many. */
  #target = '';

  constructor(kind: 'request' | 'answer') {
    this.kind = kind;
    const parser = this.#parser;
    let fields: string[] = [];
    parser[HTTPParser.kOnMessageBegin] = (): void => {
      fields = [];
      this.messages.push(newMessage());
    };
    const onHead: HeadersComplete = (major, minor, all, method, target, status, reason, upgrades, keepsAlive) => {
      const message = this.#last;
      message.version = `${major}.${minor}`;
      message.fields = pairsOf([...fields, ...(all ?? [])]);
      message.method = method === undefined ? undefined : METHOD_NAMES.get(method);
      message.target = target ?? this.#target;
      message.status = status ?? 0;
      message.reason = reason ?? '';
      message.upgrades = upgrades;
      message.keepsAlive = keepsAlive;
      return this.toHead ? 1 : 0;
    };
    // Trailers come this way, and fields in excess of what it holds, with the target.
    parser[HTTPParser.kOnHeaders] = (more: readonly string[], target: string): void => {
      if (this.#last.version !== '') this.#last.trailers.push(...pairsOf(more));
      else {
        fields.push(...more);
        if (target !== '') this.#target = target;
      }
    };
    parser[HTTPParser.kOnHeadersComplete] = onHead;
    parser[HTTPParser.kOnBody] = (bytes: Buffer): void => {
      this.#last.body += bytes.toString('latin1');
    };
    parser[HTTPParser.kOnMessageComplete] = (): void => {
      this.#last.complete = true;
    };
    this.restart();
  }

  /** Forgets all that was read before. */
  restart(): void {
    this.messages.length = 0;
    this.refusal = undefined;
    this.#parser.initialize(
      this.kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
      {},
      MAX_HEAD_BYTES,
      HTTPParser.kLenientNone,
    );
  }

  /** Returns how many bytes it took. It stops where an upgrade begins. */
  read(bytes: Uint8Array): number {
    const taken = this.#parser.execute(bytes);
    if (typeof taken === 'number') return taken;
    this.refusal = `${taken.code}: ${taken.reason}`;
    return 0;
  }

  /** The connection has ended. */
  end(): void {
    const error = this.#parser.finish();
    if (error !== undefined) this.refusal = `${error.code}: ${error.reason}`;
  }

  get #last(): LlhttpMessage {
    const last = this.messages.at(-1);
    if (last === undefined) throw new Error('llhttp tells of a message that has not begun');
    return last;
  }
}

const newMessage = (): LlhttpMessage => ({
  method: undefined,
  target: '',
  status: 0,
  reason: '',
  version: '',
  fields: [],
  body: '',
  trailers: [],
  upgrades: false,
  keepsAlive: true,
  complete: false,
});

function pairsOf(list: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < list.length; index += 2) pairs.push([list[index] ?? '', list[index + 1] ?? '']);
  return pairs;
}

/** By the numbers that llhttp gives them, which have gaps. */
const METHOD_NAMES = new Map<number, string>();

/** The methods that llhttp takes in HTTP. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(methods);

for (const name of methods) {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, MAX_HEAD_BYTES, HTTPParser.kLenientNone);
  parser[HTTPParser.kOnHeadersComplete] = ((...[, , , method]) => {
    if (method !== undefined) METHOD_NAMES.set(method, name);
    return 0;
  }) satisfies HeadersComplete;
  parser.execute(Buffer.from(`${name} ${name === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\n\r\n`));
}
