import {
  address,
  addressOrOff,
  choice,
  conversationKeys,
  count,
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
  STORE_COMMANDS,
  type Option,
} from './option-kinds.ts';

/** What is said of a client is about all of its calls. */
const NARROWED = STORE_COMMANDS.filter((command) => command !== 'clients');

/** Every option, in the order of `--help` and the README. The key is the flag without its dashes. */
export const OPTIONS = {
  upstream: http(url('where the server is; only its origin is used to forward')),
  name: text('NAME', "what this server is called in every signal (else the upstream's host:port, or the command)"),
  listen: http(address('127.0.0.1:4100', 'where clients connect')),
  page: addressOrOff('127.0.0.1:4101', 'local page; a busy port is a warning; off for a command, unless it is given'),
  'page-token': text('TOKEN', 'what opens the page; without it, it is on loopback only'),
  'trace-link': traceLink('where the page links to a trace: Jaeger, Grafana Explore, or any URL with `{traceId}`'),
  health: http(
    addressOrOff('off', "`/healthz` = the relay's event loop turns, `/readyz` = listening and not draining"),
  ),
  'trace-parent': choice(
    ['meta', 'caller', 'session'],
    "whose trace an operation joins: that of the caller's `_meta.traceparent`, of its header too, or always the session's",
  ),
  propagate: http(
    choice(
      ['auto', 'headers', 'meta', 'off'],
      'add a `traceparent` header to requests sent on: to loopback and private upstreams, to any, to any and in `params._meta` too, to none',
    ),
  ),
  spans: http(
    choice(
      ['server', 'server+client'],
      "one span per operation, what the server would have reported; or a CLIENT child for the upstream's part of it too",
    ),
  ),
  group: http(
    listOf(
      ['conversation', 'principal', 'peer'],
      ['conversation', 'principal', 'peer'],
      'what requests without a session id are grouped by',
    ),
  ),
  'conversation-key': conversationKeys('further conversation keys: a path in `_meta` or `header:NAME`; repeatable'),
  tools: names('LIST', 'tool names known from the start (metric labels); repeatable'),
  capture: listOf(['errors', 'arguments', 'results', 'uris'], [], 'payload to record, redacted and cut to size'),
  'hash-ids': toggle('session, conversation and call ids are hashed in every signal'),
  'upstream-host': http(
    choice(
      ['auto', 'keep', 'upstream'],
      "the Host header sent on: kept for local and private upstreams, else the upstream's own name; or always the one or the other",
    ),
  ),
  'allow-host': http(names('NAME', 'names accepted in Host beside loopback; repeatable')),
  'allow-origin': http(names('ORIGIN', 'origins accepted beside loopback; repeatable')),
  'connect-timeout': http(seconds(5, 'then 504; there is no answer timeout')),
  'idle-seconds': http(seconds(600, 'silence that ends a session')),
  'drain-delay': http(seconds(0, 'SIGTERM: how long to go on accepting while not ready')),
  'drain-seconds': http(seconds(10, 'SIGTERM: how long calls in flight may take')),
  spool: spoolOf('where telemetry waits that its endpoint does not take: a folder lasts through restarts'),
  'spool-max-mb': {
    ...optionalCount('the most it may take; the oldest goes first'),
    shown: '256, in memory 64',
  },
  store: storeOf('the local record of sessions and calls, for the page and the commands that read it'),
  'store-max-mb': count(512, 'the most it may take; the oldest sessions go first'),
  'store-days': count(7, 'what is older goes too'),
  threads: http(threadsOf('relay threads that share the port (Linux)')),
  once: of(['demo'], toggle('play one round, print the table, exit')),
  speed: { ...of(['demo'], optionalRate('how many times faster than life the simulated clients play')), shown: '20' },
  seed: of(['demo'], seedOf('what the random choices of the simulated clients start from')),
  profile: {
    ...of(['demo'], names('LIST', 'which simulated clients play; a wrong one lists all; repeatable')),
    shown: 'six of them',
  },
  clients: of(['demo'], optionalCount('how many play, in turns of the profiles (else one of each)')),
  rate: of(['demo'], optionalRate('requests a second, of all together; instead of --speed')),
  export: of(
    ['demo'],
    toggle('export telemetry as `OTEL_*` says (service.name=mcpspan-demo); otherwise nothing leaves'),
  ),
  since: of(STORE_COMMANDS, text('TIME', 'what happened since: 15m, 2h, 7d ago, or a date')),
  server: of(STORE_COMMANDS, text('NAME', 'of this server')),
  client: of(STORE_COMMANDS, text('NAME', 'of this client')),
  tool: of(NARROWED, text('NAME', 'of this tool')),
  status: of(NARROWED, text('STATUS', 'ok, failed, rejected, an outcome or a code; of sessions open, ended, or how')),
  limit: of(STORE_COMMANDS, optionalCount('so many rows')),
  history: of(['clients'], toggle('when clients changed, and what they were before')),
  follow: of(['tail'], toggle('go on with what comes')),
  price: of(['report'], optionalRate('what an hour of a server costs, in any currency')),
  as: of(['probe'], text('PROFILE', 'send what this client sends: its `_meta` and headers; a wrong one lists all')),
  calls: of(['probe'], text('FILE', 'the calls to make (docs/probe.md); else they are proposed from tools/list')),
  session: of(['probe'], text('ID', 'the calls of this recorded session instead; the beginning of its id is enough')),
  'allow-writes': of(['probe'], toggle('call tools too that are not marked read-only')),
  handshakes: of(['probe'], count(20, 'how many handshakes are measured')),
  header: of(['probe', 'doctor'], texts('NAME:VALUE', 'a header of every request, for authorization; repeatable')),
  timeout: of(['probe', 'doctor'], seconds(30, 'how long an answer is waited for')),
  json: of(['demo', 'probe', 'doctor', ...STORE_COMMANDS], toggle('print JSON (demo: with --once)')),
  'max-clients': {
    ...count(50, 'client names kept apart in metrics; further ones are `_OTHER` until one has been silent for a day'),
    internal: true,
  },
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
