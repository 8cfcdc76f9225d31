import { Agent } from 'undici';
import { catalogueProfile, readCatalogue, type Catalogue } from './catalogue.ts';
import { createClient, type ClientOptions } from './client.ts';
import { realClock } from './clock.ts';
import { converse, type ConversationOptions } from './conversation.ts';
import type { Manner, Profile } from './profile.ts';
import { createRandom } from './random.ts';
import { createTally, type Outcome, type ProfileReport, type Sent, type Tally } from './tally.ts';
import { createWire, type ReplyTo, type Wire } from './wire.ts';

export interface PlayOptions {
  readonly url: string;
  readonly profiles: readonly Profile[];
  /** How many clients play each profile, by its name, each for a user of its own; one unless it is said. */
  readonly copies?: ReadonlyMap<string, number>;
  /** How many seconds of a profile's timeline pass in one. */
  readonly speed: number;
  /** Requests a second of all clients together, as soon as it is their turn: their own pauses are left out. */
  readonly rate?: number;
  readonly seed: number;
  /** Conversations of each profile; undefined plays on until `signal`. */
  readonly rounds: number | undefined;
  /** Ends the play at once: open sockets are cut, and the report covers what was sent until then. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PlayEvent) => void;
  /** The server is somebody's real one: list its tools first, and call only those marked as read-only. */
  readonly discover?: boolean;
  /** Those of the simulated server, where it has others than usual. */
  readonly tools?: NonNullable<ConversationOptions['tools']>;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request or notification that was sent, and what came of it. */
export interface PlayEvent {
  readonly profile: string;
  readonly clientName: string;
  readonly method: string;
  /** Tool name or resource URI. */
  readonly target: string | undefined;
  readonly ms: number;
  /** HTTP status; undefined when nobody answered. */
  readonly status: number | undefined;
  readonly outcome: Outcome;
}

/** What was sent, as a witness who knows nothing of what was observed on the way. */
export interface PlayReport {
  readonly profiles: readonly ProfileReport[];
  /** The client that listed the tools of a real server. */
  readonly catalogue: ProfileReport | undefined;
}

/** Uncompressed seconds between two conversations of a client: from, to. */
const gapSeconds = [4, 10] as const;
/** Uncompressed seconds until a user answers what a server asks. */
const thinkingSeconds = 4;
/** A client that found nobody waits this long before its next conversation, at any speed. */
const outagePauseMs = 1_000;

/**
 * Plays all profiles at the same time, each round of each a new conversation. With the same seed each profile sends the
 * same requests in the same order. A server that is down is counted, not thrown. Rejects only with what `onEvent`
 * throws, or a RangeError for a speed or a rate that is not above 0.
 */
export async function play(options: PlayOptions): Promise<PlayReport> {
  const { rate, copies } = options;
  const speed = rate === undefined ? options.speed : Infinity;
  if (!(speed > 0)) throw new RangeError(`speed must be above 0, not ${speed}`);
  if (rate !== undefined && !(rate > 0)) throw new RangeError(`rate must be above 0, not ${rate}`);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const agent = new Agent();
  const cut = (): void => void agent.destroy();
  if (signal.aborted) cut();
  signal.addEventListener('abort', cut, { once: true });
  const agrees: ReplyTo = ({ method }) =>
    method === 'elicitation/create'
      ? { result: { action: 'accept', content: {} }, ms: (thinkingSeconds * 1_000) / speed }
      : undefined;
  const wire = createWire(agent, options.url, undefined, agrees);
  const stage = { wire: rate === undefined ? wire : paced(wire, rate, signal), headers: options.headers ?? {}, signal };

  const perform = async (
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
      if (round > 0) await realClock.rest((random.between(...gapSeconds) * 1_000) / speed, signal);
      let unreachable = false;
      const onSent = (sent: Sent): void => {
        if (sent.outcome === 'unreachable') unreachable = true;
        witness(profile, tally, sent, options.onEvent);
      };
      const client = createClient({ ...stage, profile, random, user, onSent });
      const tools = options.tools === undefined ? {} : { tools: options.tools };
      await converse({ profile, client, random, speed, signal, catalogue, ...tools, onSkip: tally.skip });
      if (unreachable && round + 1 < rounds) await realClock.rest(outagePauseMs, signal);
    }
  };

  try {
    const listing = createTally(catalogueProfile);
    const catalogue = options.discover === true ? await lookAround(options, stage, listing) : undefined;
    const actors = options.profiles.map((profile) => ({ profile, tally: createTally(profile) }));
    const performances = actors.flatMap(({ profile, tally }) =>
      Array.from({ length: copies?.get(profile.name) ?? 1 }, async (_, copy) => {
        try {
          await perform(profile, copy, tally, catalogue);
        } catch (error) {
          stop.abort();
          throw error;
        }
      }),
    );
    await Promise.allSettled(performances);
    await Promise.all(performances);
    return {
      profiles: actors.map(({ tally }) => tally.report()),
      catalogue: options.discover === true ? listing.report() : undefined,
    };
  } finally {
    signal.removeEventListener('abort', cut);
    await agent.destroy();
  }
}

/** Lets so many messages a second out, in the order in which they come. */
function paced(wire: Wire, rate: number, signal: AbortSignal): Wire {
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

async function lookAround(
  options: PlayOptions,
  stage: Pick<ClientOptions, 'wire' | 'headers' | 'signal'>,
  tally: Tally,
): Promise<Catalogue> {
  const random = createRandom(options.seed, catalogueProfile.name);
  const onSent = (sent: Sent): void => witness(catalogueProfile, tally, sent, options.onEvent);
  return readCatalogue({ ...stage, random, user: '', onSent });
}

function witness(profile: Manner, tally: Tally, sent: Sent, onEvent: PlayOptions['onEvent']): void {
  tally.record(sent);
  const { method, target, ms, status, outcome } = sent;
  onEvent?.({ profile: profile.name, clientName: profile.client.name, method, target, ms, status, outcome });
}
