import { hash } from 'node:crypto';
import { keepNewest } from '../transport/bounded.ts';

export type Capture = 'errors' | 'arguments' | 'results' | 'uris';

export interface PrivacyOptions {
  capture: readonly Capture[];
  hashIds: boolean;
  /** The path of `--upstream`: the one that is known to hold nothing personal. */
  upstreamPath: string;
}

const MAX_NAME_CHARS = 128;
const MAX_CAPTURE_CHARS = 4_096;
const HEX_DIGITS = 16;
const SECRET_NAME = /pass|secret|token|authori[sz]ation|api[-_]?key|credential|cookie|private|session|ssn|card|cvv/i;
const SECRET_TEXT =
  /\b(?:(?:Bearer|Basic)\s+[\w.~+/-]{6,}=*|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|sk-[\w-]{16,}|gh[pousr]_\w{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,})/gi;
/** `{"` in base64, and more. */
const ENCODED_JSON = /(?:^|[^\w-])eyJ[\w-]{8}/;
const AGENT_TOKEN =
  /(?<=^|\s)[A-Za-z][\w.+-]{0,31}(?:\/[\w.+-]{1,24})?(?=\s|$)|(?<=\s)\([A-Za-z](?:[\w ;.,-]|\/(?=\d)){0,59}\)(?=\s|$)/g;
const MAX_AGENTS = 100;
const REDACTED = '{redacted}';

const USER_OF_ADDRESS = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@]*@/gi;
const QUERY_OF_ADDRESS = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi;
const NAMED_SECRET =
  /((?:pass|secret|token|authori[sz]ation|api[-_ ]?key|credential|cookie|private|session|ssn|card|cvv|pwd|\bpin\b|\bkey\b)[\w.-]{0,40}["'`]?(?:\s?(?:=>|[:=])\s?|\s(?=["'`])))(?!\{redacted\})(?:"[^"]*"?|'[^']*'?|`[^`]*`?|[^\s,;&}\])]+)/gi;

/** A longer message is not searched to its end. */
const MAX_SEARCHED_CHARS = 2_000;
const MAX_MESSAGE_CHARS = 200;
/** Keys and addresses, wherever they stand in a text. */
const IN_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{1,40}-----[^]*?(?:-----END [A-Z ]{1,40}-----|$)/g, REDACTED],
  [USER_OF_ADDRESS, `$1${REDACTED}@`],
  [QUERY_OF_ADDRESS, `$1?${REDACTED}`],
  [NAMED_SECRET, `$1${REDACTED}`],
];
/** What is taken out of a message, in this order. */
const IN_MESSAGES: readonly (readonly [RegExp, string])[] = [
  // Any space, so that a key in several lines is one word for what follows. Control characters are no text.
  [/[\s\p{Cc}]+/gu, ' '],
  [/-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|$)/g, REDACTED],
  // User, password, query and fragment of an address.
  [USER_OF_ADDRESS, `$1${REDACTED}@`],
  [QUERY_OF_ADDRESS, `$1?${REDACTED}`],
  [/[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/g, REDACTED],
  // `password: "x"`, `api_key=x`, `"token":"x"`
  [NAMED_SECRET, `$1${REDACTED}`],
  // `the token x1 has expired`
  [/\b((?:token|key|secret|password) )(?=[^\s{]*\d)[^\s{]{6,}/gi, `$1${REDACTED}`],
  // Numbers of people, cards and telephones.
  [/\+\d(?:[\s().-]{0,2}\d){7,}/g, REDACTED],
  [/\b\d(?:[ -]?\d){11,}\b/g, REDACTED],
  [/\d{9,}/g, REDACTED],
  // Hex, with or without hyphens; base64; and what looks like a key.
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, REDACTED],
  [/(?:0x)?[0-9a-f]{16,}/gi, REDACTED],
  [/(?<![\w/.])(?=[a-z0-9+/]*[a-z])(?=[a-z0-9+/]*\d)[a-z0-9+/]{32,}={0,2}/gi, REDACTED],
  [/(?<![\w+-])(?=[\w+-]*\d)[\w+-]{20,}={0,2}/g, REDACTED],
  [/(?<![\w+-])(?=[a-z]*[A-Z])[A-Za-z]{32,}={0,2}/g, REDACTED],
];

/** Attributes that hold payload by the conventions of OpenTelemetry, OpenInference and OpenLLMetry, and what admits them. */
const CONTENT_KEYS: readonly (readonly [RegExp, Capture])[] = [
  [
    /^(?:gen_ai\.(?:input\.messages|prompt\b|system_instructions|tool\.call\.arguments)|llm\.(?:input_messages|prompt)|input\.value$|tool\.parameters|traceloop\.entity\.input|mcp\.(?:request\.)?(?:arguments|params)|http\.request\.(?:body|header))/,
    'arguments',
  ],
  [
    /^(?:gen_ai\.(?:output\.messages|completion\b|tool\.call\.result)|llm\.(?:output_messages|completion)|output\.value$|traceloop\.entity\.output|mcp\.(?:response\.)?result|http\.response\.(?:body|header))/,
    'results',
  ],
  [/^(?:exception\.(?:message|stacktrace)|error\.message|otel\.status_description)$/, 'errors'],
];
const URI_KEYS = /^mcp\.resource\.uri$/;
const QUERY_KEYS = /^(?:http\.target|url\.path)$/;
/** `resources/read URI` */
const READ_URI = /(\bresources\/\w+ )(\S+)/;
/** `gen_ai.usage.input_tokens` is a figure. */
const TOKENS_USED = /tokens?$/;

/** Decides which part of a value may leave. It is in one place so that one table in docs/privacy.md can describe it. */
export class Privacy {
  readonly #capture: ReadonlySet<Capture>;
  readonly #hashIds: boolean;
  readonly #upstreamPath: string;
  readonly #pathIsPlain: boolean;
  readonly #agents = new Map<string, string>();

  constructor(options: PrivacyOptions) {
    this.#capture = new Set(options.capture);
    this.#hashIds = options.hashIds;
    this.#upstreamPath = options.upstreamPath;
    this.#pathIsPlain = options.upstreamPath.split('/').every((segment) => !isOpaque(segment));
  }

  captures(what: Capture): boolean {
    return this.#capture.has(what);
  }

  /** Session, conversation and call ids. An id that is encoded JSON (a JWT) may identify its user, so it is always hashed. */
  id(value: string): string {
    return this.#hashIds || ENCODED_JSON.test(value) ? hashId(value) : shortId(value);
  }

  /** Names that clients choose: methods, tools, their own. */
  name(value: string): string {
    return (value.length <= MAX_NAME_CHARS ? value : value.slice(0, MAX_NAME_CHARS)).toWellFormed();
  }

  /** Products, their versions and short plain comments; whatever else was put into the header may be anything. */
  userAgent(value: string): string {
    const known = this.#agents.get(value);
    if (known !== undefined) return known;
    const plain = this.#plainAgent(value);
    this.#agents.set(value, plain);
    keepNewest(this.#agents, MAX_AGENTS);
    return plain;
  }

  #plainAgent(value: string): string {
    const tokens = this.name(value).match(AGENT_TOKEN) ?? [];
    return tokens.map((token) => (isOpaque(token.split('/')[1] ?? '') ? (token.split('/')[0] ?? '') : token)).join(' ');
  }

  path(path: string): string {
    return path === this.#upstreamPath && this.#pathIsPlain ? path : REDACTED;
  }

  /** Scheme and host of a resource URI; whole only when captured. */
  uri(uri: string): string {
    const parsed = URL.parse(uri);
    if (this.captures('uris')) {
      const open = parsed === null || (parsed.username === '' && parsed.password === '');
      return cut(open ? uri : withoutUser(parsed));
    }
    if (parsed === null) return REDACTED;
    return parsed.host === '' ? parsed.protocol : `${parsed.protocol}//${parsed.host}`;
  }

  /** The message of an error: may quote what somebody sent. Undefined unless captured. */
  errorMessage(message: string): string | undefined {
    return this.captures('errors') ? cut(message) : undefined;
  }

  /** What a failed operation said, for the record on this machine only: one line without what may identify or authorise. */
  recordedMessage(message: string): string | undefined {
    const whole = message.length <= MAX_SEARCHED_CHARS;
    // Half a word could not be told from a harmless one.
    const searched = whole ? message : message.slice(0, MAX_SEARCHED_CHARS).replace(/\S+$/, '');
    const text = IN_MESSAGES.reduce(
      (found, [pattern, by]) => found.replaceAll(pattern, by),
      searched.replaceAll(SECRET_TEXT, REDACTED),
    ).trim();
    if (text === '') return undefined;
    return (
      text.length <= MAX_MESSAGE_CHARS && whole ? text : `${text.slice(0, MAX_MESSAGE_CHARS - 1)}…`
    ).toWellFormed();
  }

  /**
   * An attribute of a span that the server sent of itself. It offered the span for this, but what we keep to ourselves
   * elsewhere does not leave by this way either. Undefined: it is left out.
   */
  reported<Value>(key: string, value: Value): Value | string | string[] | undefined {
    const content = CONTENT_KEYS.find(([pattern]) => pattern.test(key));
    if (content !== undefined && !this.captures(content[1])) return undefined;
    if (SECRET_NAME.test(key) && !(typeof value === 'number' && TOKENS_USED.test(key)) && typeof value !== 'boolean')
      return REDACTED;
    if (key === 'url.query') return undefined;
    if (URI_KEYS.test(key)) return typeof value === 'string' ? this.uri(value) : undefined;
    if (QUERY_KEYS.test(key)) return typeof value === 'string' ? value.replace(/[?#].*$/s, '') : undefined;
    if (typeof value === 'string') return this.reportedText(value);
    return Array.isArray(value)
      ? value.map((item: unknown) => (typeof item === 'string' ? this.reportedText(item) : item) as string)
      : value;
  }

  /** A name, or the text of an attribute, in a span that the server sent of itself. */
  reportedText(text: string): string {
    const uncaptured = this.captures('uris')
      ? text
      : text.replace(READ_URI, (_, before: string, uri: string) => before + this.uri(uri));
    return IN_TEXTS.reduce(
      (found, [pattern, by]) => found.replaceAll(pattern, by),
      uncaptured.replaceAll(SECRET_TEXT, REDACTED),
    ).toWellFormed();
  }

  /** Captured JSON, with the values of telltale members and the shapes of known secrets taken out, cut to size. */
  payload(json: string): string {
    let redacted: string;
    try {
      redacted = JSON.stringify(JSON.parse(json), (name, value: unknown) =>
        SECRET_NAME.test(name) && value !== null && typeof value !== 'boolean' ? REDACTED : value,
      );
    } catch {
      redacted = json;
    }
    return cut(redacted);
  }
}

function cut(text: string): string {
  const redacted = text.replace(SECRET_TEXT, REDACTED);
  return (
    redacted.length <= MAX_CAPTURE_CHARS ? redacted : `${redacted.slice(0, MAX_CAPTURE_CHARS - 1)}…`
  ).toWellFormed();
}

function withoutUser(url: URL): string {
  url.username = '';
  url.password = '';
  return url.href;
}

/** The form hashed ids take in every signal. */
export const hashId = (value: string): string => hash('sha256', value, 'hex').slice(0, HEX_DIGITS);

/** Ids may begin alike, for hundreds of characters: what is cut off leaves a hash, so that they stay distinct. */
export const shortId = (value: string): string =>
  (value.length <= MAX_NAME_CHARS
    ? value
    : `${value.slice(0, MAX_NAME_CHARS - HEX_DIGITS - 1)}~${hashId(value)}`
  ).toWellFormed();

/** Digits, long hex or base64: a key, not a word. */
const isOpaque = (segment: string): boolean =>
  segment.length >= 12 && (/\d/.test(segment) || /[A-Z]/.test(segment) || segment.length > 32);
