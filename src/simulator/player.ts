import { Agent } from 'undici';
import { catalogueProfile, readCatalogue, type Catalogue } from './catalogue.ts';
import { createClient, type ClientOptions } from './client.ts';
import { realClock } from './clock.ts';
import { converse, type ConversationOptions } from './conversation.ts';
import type { Manner, Profile } from './profile.ts';
import { createRandom } from './random.ts';
import { createTally, type SentOutcome, type ProfileReport, type Sent, type Tally } from './tally.ts';
import { createWire, type ReplyTo, type Wire } from './wire.ts';

export interface PlayOptions {
  readonly url: string;
  readonly profiles: readonly Profile[];
  /** The number of clients that play each profile, by its name; one by default. Each has its own user. */
  readonly copies?: ReadonlyMap<string, number>;
  /** How many seconds of a profile's timeline pass in one second. */
  readonly speed: number;
  /** Requests per second of all clients together. The clients' own pauses are left out. */
  readonly rate?: number;
  readonly seed: number;
  /** The number of conversations of each client; undefined: it plays until `signal`. */
  readonly rounds: number | undefined;
  /** Ends the play at once: it cuts open sockets, and the report covers what was sent until then. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PlayEvent) => void;
  /** The server is real: its tools are listed first, and only those marked as read-only are called. */
  readonly discover?: boolean;
  /** The tools of the simulated server, if they are not the usual ones. */
  readonly tools?: NonNullable<ConversationOptions['tools']>;
  /** The server is in this process: its certificate need not be that of a name. */
  readonly trusted?: boolean;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request or notification that was sent, and how it ended. */
export interface PlayEvent {
  readonly profile: string;
  readonly clientName: string;
  readonly method: string;
  /** Tool name or resource URI. */
  readonly target: string | undefined;
  readonly ms: number;
  /** HTTP status; undefined when nobody answered. */
  readonly status: number | undefined;
  readonly outcome: SentOutcome;
}

/** What was sent, counted by the senders. They know nothing of what the proxy observed. */
export interface PlayReport {
  readonly profiles: readonly ProfileReport[];
  /** The client that listed the tools of a real server. */
  readonly catalogue: ProfileReport | undefined;
}

/** Seconds of the timeline between two conversations of a client: from, to. */
const GAP_SECONDS = [4, 10] as const;
/** Seconds of the timeline until a user answers a question of the server. */
const THINKING_SECONDS = 4;
/** A client that could not reach the server waits this long before its next conversation, at any speed. */
const OUTAGE_PAUSE_MS = 1_000;

/**
 * Plays all profiles at the same time; each round of a profile is a new conversation. With the same seed each profile
 * sends the same requests in the same order. A server that is down is counted and causes no rejection. Rejects only
 * with what `onEvent` throws, or with a RangeError for a speed or a rate that is not above 0.
 */
export async function play(options: PlayOptions): Promise<PlayReport> {
  const { rate, copies } = options;
  const speed = rate === undefined ? options.speed : Infinity;
  if (!(speed > 0)) throw new RangeError(`speed must be above 0, not ${speed}`);
  if (rate !== undefined && !(rate > 0)) throw new RangeError(`rate must be above 0, not ${rate}`);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const agent = new Agent(options.trusted === true ? { connect: { rejectUnauthorized: false } } : {});
  const cut = (): void => void agent.destroy();
  if (signal.aborted) cut();
  signal.addEventListener('abort', cut, { once: true });
  const agrees: ReplyTo = ({ method }) =>
    method === 'elicitation/create'
      ? { result: { action: 'accept', content: {} }, ms: (THINKING_SECONDS * 1_000) / speed }
      : undefined;
  const wire = createWire(agent, options.url, undefined, agrees);
  const shared = {
    wire: rate === undefined ? wire : limitRate(wire, rate, signal),
    headers: options.headers ?? {},
    signal,
  };

  const playCopy = async (
    profile: Profile,
    copy: number,
    tally: Tally,
    catalogue: Catalogue | undefined,
  ): Promise<void> => {
    const { seed, rounds = Infinity } = options;
    const own = copy === 0 ? [seed, profile.name] : [seed, profile.name, `copy ${copy}`];
    const user = createRandom(...own, 'user').hex(24);
    for (let round = 0; round < rounds && !signal.aborted; round += 1) {
      const random = createRandom(...own, round);
      if (round > 0) await realClock.rest((random.between(...GAP_SECONDS) * 1_000) / speed, signal);
      let unreachable = false;
      const onSent = (sent: Sent): void => {
        if (sent.outcome === 'unreachable') unreachable = true;
        recordSent(profile, tally, sent, options.onEvent);
      };
      const client = createClient({ ...shared, profile, random, user, onSent });
      const tools = options.tools === undefined ? {} : { tools: options.tools };
      await converse({ profile, client, random, speed, signal, catalogue, ...tools, onSkip: tally.skip });
      if (unreachable && round + 1 < rounds) await realClock.rest(OUTAGE_PAUSE_MS, signal);
    }
  };

  try {
    const listing = createTally(catalogueProfile);
    const catalogue = options.discover === true ? await listReadOnlyTools(options, shared, listing) : undefined;
    const cast = options.profiles.map((profile) => ({ profile, tally: createTally(profile) }));
    const running = cast.flatMap(({ profile, tally }) =>
      Array.from({ length: copies?.get(profile.name) ?? 1 }, async (_, copy) => {
        try {
          await playCopy(profile, copy, tally, catalogue);
        } catch (error) {
          stop.abort();
          throw error;
        }
      }),
    );
    await Promise.allSettled(running);
    await Promise.all(running);
    return {
      profiles: cast.map(({ tally }) => tally.report()),
      catalogue: options.discover === true ? listing.report() : undefined,
    };
  } finally {
    signal.removeEventListener('abort', cut);
    await agent.destroy();
  }
}

/** Sends at most `rate` messages per second, in the order in which they come. */
function limitRate(wire: Wire, rate: number, signal: AbortSignal): Wire {
  let next = 0;
  return {
    ...wire,
    async post(message, headers) {
      const at = realClock.now();
      next = Math.max(at, next) + 1_000 / rate;
      await realClock.rest(next - 1_000 / rate - at, signal);
      return wire.post(message, headers);
    },
  };
}

async function listReadOnlyTools(
  options: PlayOptions,
  shared: Pick<ClientOptions, 'wire' | 'headers' | 'signal'>,
  tally: Tally,
): Promise<Catalogue> {
  const random = createRandom(options.seed, catalogueProfile.name);
  const onSent = (sent: Sent): void => recordSent(catalogueProfile, tally, sent, options.onEvent);
  return readCatalogue({ ...shared, random, user: '', onSent });
}

function recordSent(profile: Manner, tally: Tally, sent: Sent, onEvent: PlayOptions['onEvent']): void {
  tally.record(sent);
  const { method, target, ms, status, outcome } = sent;
  onEvent?.({ profile: profile.name, clientName: profile.client.name, method, target, ms, status, outcome });
}
