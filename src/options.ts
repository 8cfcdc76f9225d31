import { resolve } from 'node:path';
/** A value that could not be understood, and how to mend it. */
export class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** One row of the command line: makes the parser, `--help`, the README table and the type of the configuration. */
export interface Option<Value> {
  /** What stands after the flag; undefined for a switch. */
  argument?: string;
  /** The default as people read it; absent where there is none. */
  shown?: string;
  default: Value;
  meaning: string;
  /** Shown by `--help-all` only. */
  internal?: true;
  /** Given several times, values are collected. */
  repeatable?: true;
  /** Which command it belongs to; absent: the proxy (and the demo, which runs one). */
  only?: 'demo';
  parse(text: string, before: Value): Value | Problem;
}

export interface Address {
  host: string;
  port: number;
}

const parseAddress = (text: string): Address | Problem => {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return new Problem(`'${text}' is not HOST:PORT, for example 127.0.0.1:4100`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
};

const address = (shown: string, meaning: string): Option<Address> => ({
  argument: 'HOST:PORT',
  shown,
  default: { host: '127.0.0.1', port: Number(shown.split(':')[1]) },
  meaning,
  parse: parseAddress,
});

const addressOrOff = (shown: string, meaning: string): Option<Address | undefined> => ({
  argument: 'HOST:PORT|off',
  shown,
  default: shown === 'off' ? undefined : { host: '127.0.0.1', port: Number(shown.split(':')[1]) },
  meaning,
  parse: (text) => (text === 'off' ? undefined : parseAddress(text)),
});

const count = (value: number, meaning: string, least = 1): Option<number> => ({
  argument: 'N',
  shown: value.toLocaleString('en').replaceAll(',', ' '),
  default: value,
  meaning,
  parse: (text) => {
    const number = Number(text.replaceAll('_', ''));
    return Number.isSafeInteger(number) && number >= least
      ? number
      : new Problem(`'${text}' is not a whole number from ${least} on`);
  },
});

const optionalCount = (meaning: string): Option<number | undefined> => {
  const { argument, parse } = count(1, meaning);
  return { argument: argument ?? 'N', default: undefined, meaning, parse: (text) => parse(text, 1) };
};

export type SpoolPlace = 'memory' | 'off' | { path: string };

const spoolOf = (meaning: string): Option<SpoolPlace> => ({
  argument: 'PATH|memory|off',
  shown: 'memory',
  default: 'memory',
  meaning,
  parse: (text) =>
    text === 'memory' || text === 'off'
      ? text
      : text.trim() === ''
        ? new Problem('it is empty; give a folder, memory or off')
        : { path: resolve(text) },
});

const seconds = (value: number, meaning: string): Option<number> => ({
  argument: 'SECONDS',
  shown: String(value),
  default: value,
  meaning,
  parse: (text) => {
    const number = text === '' ? Number.NaN : Number(text);
    return number >= 0 && number <= 2_000_000 ? number : new Problem(`'${text}' is not a number of seconds`);
  },
});

const toggle = (meaning: string): Option<boolean> => ({
  default: false,
  meaning,
  parse: (text) => {
    if (text === '' || text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return new Problem(`'${text}' is neither true nor false`);
  },
});

const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  meaning: string,
): Option<Words[number]> => ({
  argument: words.join('|'),
  shown: words[0],
  default: words[0],
  meaning,
  parse: (text) => words.find((word) => word === text) ?? new Problem(`'${text}' is not one of ${words.join(', ')}`),
});

const listOf = <const Words extends readonly string[]>(
  words: Words,
  initial: readonly Words[number][],
  meaning: string,
): Option<readonly Words[number][]> => ({
  argument: 'LIST',
  shown: initial.length === 0 ? 'none' : initial.join(','),
  default: initial,
  meaning,
  parse: (text) => {
    if (text === 'none') return [];
    const chosen: Words[number][] = [];
    for (const part of text.split(',')) {
      const word = words.find((known) => known === part.trim());
      if (word === undefined) return new Problem(`'${part.trim()}' is not one of ${words.join(', ')}, none`);
      chosen.push(word);
    }
    return chosen;
  },
});

const names = (argument: string, meaning: string): Option<readonly string[]> => ({
  argument,
  default: [],
  meaning,
  repeatable: true,
  parse: (text, before) => [
    ...before,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ],
});

const conversationKeys = (meaning: string): Option<readonly string[]> => ({
  ...names('PATH', meaning),
  parse: (text, before) =>
    /^(header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|[^\s:][^\s]*)$/.test(text)
      ? [...before, text]
      : new Problem(`'${text}' is neither a path in _meta nor header:NAME`),
});

const text = (argument: string, meaning: string): Option<string | undefined> => ({
  argument,
  default: undefined,
  meaning,
  parse: (value) => (value.trim() === '' ? new Problem('it is empty') : value),
});

const url = (meaning: string): Option<URL | undefined> => ({
  argument: 'URL',
  default: undefined,
  meaning,
  parse: (value) => {
    const parsed = URL.parse(value);
    if (parsed === null) return new Problem(`'${value}' is not a URL, for example http://localhost:3000/mcp`);
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
      return new Problem(`'${value}' is neither http: nor https:`);
    }
    if (parsed.username !== '' || parsed.password !== '') {
      return new Problem('it holds a user name or password; let the client send an Authorization header instead');
    }
    return parsed;
  },
});

const rate = (value: number, meaning: string): Option<number> => ({
  argument: 'N',
  shown: String(value),
  default: value,
  meaning,
  only: 'demo',
  parse: (given) =>
    Number(given) > 0 && Number(given) <= 10_000 ? Number(given) : new Problem(`'${given}' is not a positive number`),
});

const threadsOf = (meaning: string): Option<number> => {
  const option = count(1, meaning);
  return {
    ...option,
    parse: (given, before) => {
      const parsed = option.parse(given, before);
      if (parsed instanceof Problem || parsed === 1 || process.platform === 'linux') return parsed;
      return new Problem(
        'only Linux shares a port between threads; leave it out, and run several processes if one is not enough',
      );
    },
  };
};

const seedOf = (meaning: string): Option<number | undefined> => ({
  argument: 'N',
  shown: '1',
  default: undefined,
  meaning,
  only: 'demo',
  parse: (given) => (/^\d{1,15}$/.test(given) ? Number(given) : new Problem(`'${given}' is not a whole number`)),
});

/** Every option, in the order of `--help` and the README. The key is the flag without its dashes. */
export const OPTIONS = {
  upstream: url('where the server is; only its origin is used to forward'),
  name: text('NAME', "what this server is called in every signal (else the upstream's host:port)"),
  listen: address('127.0.0.1:4100', 'where clients connect'),
  page: addressOrOff('127.0.0.1:4101', 'local page (answers 404 in this version); a busy port is a warning'),
  health: addressOrOff('off', "`/healthz` = the relay's event loop turns, `/readyz` = listening and not draining"),
  'trace-parent': choice(
    ['meta', 'caller', 'session'],
    "whose trace an operation joins: that of the caller's `_meta.traceparent`, of its header too, or always the session's",
  ),
  propagate: choice(
    ['auto', 'headers', 'meta', 'off'],
    'add a `traceparent` header to requests sent on: to loopback and private upstreams, to any, to any and in `params._meta` too, to none',
  ),
  spans: choice(
    ['server', 'server+client'],
    "one span per operation, what the server would have reported; or a CLIENT child for the upstream's part of it too",
  ),
  group: listOf(
    ['conversation', 'principal', 'peer'],
    ['conversation', 'principal', 'peer'],
    'what requests without a session id are grouped by',
  ),
  'conversation-key': conversationKeys('further conversation keys: a path in `_meta` or `header:NAME`; repeatable'),
  tools: names('LIST', 'tool names known from the start (metric labels); repeatable'),
  capture: listOf(['errors', 'arguments', 'results', 'uris'], [], 'payload to record, redacted and cut to size'),
  'hash-ids': toggle('session, conversation and call ids are hashed in every signal'),
  'upstream-host': choice(
    ['auto', 'keep', 'upstream'],
    "the Host header sent on: kept for local and private upstreams, else the upstream's own name; or always the one or the other",
  ),
  'allow-host': names('NAME', 'names accepted in Host beside loopback; repeatable'),
  'allow-origin': names('ORIGIN', 'origins accepted beside loopback; repeatable'),
  'connect-timeout': seconds(5, 'then 504; there is no answer timeout'),
  'idle-seconds': seconds(600, 'silence that ends a session'),
  'drain-delay': seconds(0, 'SIGTERM: how long to go on accepting while not ready'),
  'drain-seconds': seconds(10, 'SIGTERM: how long calls in flight may take'),
  spool: spoolOf('where telemetry waits that its endpoint does not take: a folder lasts through restarts'),
  'spool-max-mb': {
    ...optionalCount('the most it may take; the oldest goes first'),
    shown: '256, in memory 64',
  },
  threads: threadsOf('relay threads that share the port (Linux)'),
  once: { ...toggle('play one round, print the table, exit'), only: 'demo' },
  speed: rate(20, 'how many times faster than life the simulated clients play'),
  seed: seedOf('what the random choices of the simulated clients start from'),
  profile: { ...names('LIST', 'which simulated clients play; repeatable'), only: 'demo', shown: 'all' },
  export: {
    ...toggle('export telemetry as `OTEL_*` says (service.name=mcpspan-demo); otherwise nothing leaves'),
    only: 'demo',
  },
  json: { ...toggle('with --once: print JSON instead of the table'), only: 'demo' },
  'max-clients': { ...count(50, 'client names kept apart in metrics; further ones are `_OTHER`'), internal: true },
  'max-tools': { ...count(200, 'tool, and prompt, names kept apart in metrics'), internal: true },
  'max-sessions': { ...count(10_000, 'sessions followed at a time; the idlest end as `evicted`'), internal: true },
  'max-message-bytes': {
    ...count(1_048_576, 'a larger message is forwarded whole but not read', 1_024),
    internal: true,
  },
  'observe-credit-bytes': {
    ...count(16_777_216, 'copies on their way to the observer, per relay thread', 65_536),
    internal: true,
  },
  'segment-operations': { ...count(1_000, 'operations after which a session goes on in a new trace'), internal: true },
  'segment-seconds': { ...seconds(3_600, 'and the time, with 100 operations, after which it does'), internal: true },
} satisfies Record<string, Option<never> | Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;
export type Settings = { [Name in OptionName]: (typeof OPTIONS)[Name]['default'] };
