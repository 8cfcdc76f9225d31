import { INSTALL_COMMANDS, STORE_COMMANDS } from './command-names.ts';
import {
  address,
  addressOrOff,
  choice,
  conversationKeys,
  count,
  fileOf,
  listOf,
  names,
  of,
  optionalCount,
  optionalRate,
  seconds,
  seedOf,
  spoolOf,
  storeOf,
  text,
  texts,
  threadsOf,
  toggle,
  traceLink,
  url,
  http,
  type Option,
} from './option-kinds.ts';

/** The parts of a payload that can be recorded. */
export const CAPTURES = ['errors', 'arguments', 'results', 'uris'] as const;

/** What can group requests without a session id. */
export const GROUPINGS = ['conversation', 'principal', 'peer'] as const;

/** A session is named by its id. */
const FILTERED = STORE_COMMANDS.filter((command) => command !== 'session');
/** Figures of a client are about all of its calls, so `clients` cannot be narrowed to a tool or a status. */
const NARROWED = FILTERED.filter((command) => command !== 'clients' && command !== 'ready');
/** Whether sessions can be switched off is a question about all clients of a server. */
const OF_CLIENTS = FILTERED.filter((command) => command !== 'ready');

/** Who connects has called no tool yet. */
const OF_CALLS = NARROWED.filter((command) => command !== 'journeys');

/** Commands about single calls. */
const CALL_COMMANDS = ['slow', 'errors', 'tail'] as const;

/** Every option, in the order of `--help` and docs/options.md. The key is the flag without its dashes. */
export const OPTIONS = {
  upstream: http(url('URL of the server; requests go to its origin, with their own paths')),
  config: http(
    fileOf('several servers, and any of these options, from a file (YAML); read again on SIGHUP and when it changes'),
  ),
  'upstream-ca': http(
    fileOf('certificates (PEM) of authorities to trust besides the usual ones, for an https upstream'),
  ),
  'upstream-cert': http(fileOf('client certificate (PEM) to show an https upstream that asks for one')),
  'upstream-key': http(fileOf('its private key (PEM, without a passphrase)')),
  name: text('NAME', 'name of this server in every signal (default: host:port of the upstream, or the command)'),
  listen: http(address('127.0.0.1:4100', 'where clients connect')),
  'tls-cert': http(
    fileOf('listen with TLS: certificate (PEM, with those that sign it); read again on SIGHUP and when it changes'),
  ),
  'tls-key': http(fileOf('its private key (PEM, without a passphrase)')),
  page: addressOrOff('127.0.0.1:4101', 'address of the local page; off for a wrapped command unless given'),
  'page-token': text('TOKEN', 'token that opens the page; without one, the page must be on loopback'),
  'trace-link': traceLink('where the page links to a trace: Jaeger, Grafana Explore, or any URL with `{traceId}`'),
  health: http(
    addressOrOff('off', 'address of `/healthz` (the relay runs) and `/readyz` (it listens and is not draining)'),
  ),
  'health-file': http(fileOf('file for the address of `--health`, from which `mcpspan healthcheck` learns it')),
  'trace-parent': choice(
    ['meta', 'caller', 'session'],
    "which trace an operation joins: that of `traceparent` in the caller's `_meta`, that of its header too, or always the session's",
  ),
  propagate: http(
    choice(
      ['auto', 'headers', 'meta', 'off'],
      'add a `traceparent` header to forwarded requests: for loopback and private upstreams, always, always and in `params._meta` too, or never',
    ),
  ),
  spans: http(
    choice(
      ['server', 'server+client'],
      "one SERVER span per operation, as the server would report it; or also a CLIENT child for the upstream's part",
    ),
  ),
  'server-spans': choice(
    ['on', 'off'],
    'with traces: export the spans that the server sends of itself with its answers (`_meta.otel`)',
  ),
  group: http(
    listOf(GROUPINGS, GROUPINGS, 'how to group requests without a session id; the first that applies counts'),
  ),
  'conversation-key': conversationKeys('further conversation keys: a path in `_meta` or `header:NAME`; repeatable'),
  tools: names('LIST', 'tool names to use as metric labels from the start; repeatable'),
  capture: listOf(CAPTURES, [], 'parts of the payload to record; they are redacted and shortened (demo: all of them)'),
  'hash-ids': toggle('hash session, conversation and call ids in every signal'),
  'upstream-host': http(
    choice(
      ['auto', 'keep', 'upstream'],
      "Host header of forwarded requests: the client's for loopback and private upstreams and the upstream's for others; or always one of them",
    ),
  ),
  'allow-host': http(names('NAME', 'names accepted in Host besides loopback; repeatable')),
  'allow-origin': http(names('ORIGIN', 'origins accepted besides loopback; repeatable')),
  'connect-timeout': http(
    seconds(5, 'how long to wait for a connection to the upstream, then 504; answers have no timeout'),
  ),
  'idle-seconds': http(seconds(600, 'how long a session may be silent before it ends')),
  'drain-delay': http(seconds(0, 'after SIGTERM: how long to accept requests while not ready')),
  'drain-seconds': http(seconds(10, 'after that: how long open calls may take to end')),
  spool: spoolOf('where telemetry waits while its endpoint is out of reach; a folder survives restarts'),
  'spool-max-mb': {
    ...optionalCount('size limit of the spool; the oldest telemetry is dropped first'),
    shown: '256, in memory 64',
  },
  store: storeOf('file of the local record, which the page and the commands read'),
  'store-max-mb': count(512, 'size limit of the store; the oldest operations are deleted first'),
  'store-days': count(7, 'age limit of the store; older sessions are deleted'),
  threads: http(threadsOf('number of relay threads that share the port (Linux)')),
  otlp: of(['collect'], address('127.0.0.1:4319', 'where traces are received (OTLP over HTTP)')),
  'otlp-token': of(
    ['collect'],
    text(
      'TOKEN',
      'token that senders have to send as `Authorization: Bearer TOKEN`; without one, `--otlp` must be on loopback',
    ),
  ),
  once: of(['demo'], toggle('play one round, print the table, exit')),
  speed: {
    ...of(['demo'], optionalRate('how many times faster than real life the simulated clients play')),
    shown: '20',
  },
  seed: of(['demo'], seedOf('seed of the random choices of the simulated clients')),
  profile: {
    ...of(['demo'], names('LIST', 'which simulated clients play; a wrong name lists all; repeatable')),
    shown: 'six of them',
  },
  clients: of(['demo'], optionalCount('how many clients play, dealt out over the profiles (default: one of each)')),
  rate: of(['demo'], optionalRate('requests per second of all clients together; instead of --speed')),
  export: of(
    ['demo'],
    toggle('export telemetry as `OTEL_*` says (service.name=mcpspan-demo); without it nothing is exported'),
  ),
  since: of(FILTERED, text('TIME', 'only what happened since then: 15m, 2h, 7d (ago), or a date')),
  server: of(FILTERED, text('NAME', 'only this server')),
  client: of(OF_CLIENTS, text('NAME', 'only this client')),
  tool: of(OF_CALLS, text('NAME', 'only this tool')),
  status: of(
    NARROWED,
    text(
      'STATUS',
      'only this status: ok, failed, rejected, an outcome or a code; for sessions: open, ended, or how it ended',
    ),
  ),
  method: of(CALL_COMMANDS, text('METHOD', 'only this method, such as tools/list')),
  code: of(CALL_COMMANDS, text('CODE', 'only this code: of JSON-RPC (-32602), of HTTP (404), or a word (timeout)')),
  // A report has bounds of its own.
  limit: of(
    STORE_COMMANDS.filter((command) => command !== 'report' && command !== 'ready'),
    optionalCount('at most this many rows'),
  ),
  history: of(['clients'], toggle('show when clients changed, and what they were before')),
  changes: of(['tools'], toggle('show when tools changed; with a tool, how its definition did')),
  follow: of(['tail'], toggle('keep printing new operations')),
  journey: of(
    ['report'],
    text('ID', 'only this attempt to connect, to be attached to a bug report; the beginning of its id is enough'),
  ),
  price: of(['report'], optionalRate('cost of an hour of a server, in any currency')),
  as: of(['probe'], text('PROFILE', 'play this client; a wrong name lists all')),
  calls: of(['probe'], text('FILE', 'calls to make, in place of those that tools/list suggests')),
  session: of(['probe'], text('ID', 'repeat the calls of this recorded session, by its id')),
  'allow-writes': of(['probe'], toggle('also call tools that are not marked read-only')),
  handshakes: of(['probe'], count(20, 'how many handshakes to measure')),
  header: of(['probe', 'doctor'], texts('NAME:VALUE', 'header of every request, for authorization; repeatable')),
  timeout: of(['probe', 'doctor'], seconds(30, 'how long to wait for an answer')),
  print: of(INSTALL_COMMANDS, toggle('show what would change, and change nothing')),
  yes: of(INSTALL_COMMANDS, toggle('change it without asking')),
  project: of(INSTALL_COMMANDS, toggle('also the files of the project in the current folder')),
  json: of(['demo', 'probe', 'doctor', 'config', ...STORE_COMMANDS, ...INSTALL_COMMANDS], toggle('print JSON')),
  'max-clients': {
    ...count(50, 'distinct client names in metrics; further ones are `_OTHER` until one has been silent for a day'),
    internal: true,
  },
  'max-tools': { ...count(200, 'distinct tool names in metrics, and as many prompt names'), internal: true },
  'max-sessions': {
    ...count(10_000, 'open sessions at a time; beyond that the longest idle ends as `evicted`'),
    internal: true,
  },
  'max-message-bytes': {
    ...count(1_048_576, 'larger messages are forwarded whole but not read', 1_024),
    internal: true,
  },
  'observe-credit-bytes': {
    ...count(16_777_216, 'memory for copies on their way to the observer, per relay thread', 65_536),
    internal: true,
  },
  'segment-operations': {
    ...count(1_000, 'after this many operations a session continues in a new trace'),
    internal: true,
  },
  'segment-seconds': {
    ...seconds(3_600, 'so it does after this time, if it had at least 100 operations'),
    internal: true,
  },
} satisfies Record<string, Option<never> | Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;
export type Settings = { [Name in OptionName]: (typeof OPTIONS)[Name]['default'] };
