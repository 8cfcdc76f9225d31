import type { Challenge } from '../observe/sign-in.ts';
import { randomSpanId, randomTraceId, type RootIds } from '../transport/trace/trace-id.ts';
import { NOBODY, OTHER, type Client } from './client.ts';

/**
 * What an attempt to connect may reach, in the usual order. Clients leave stages out, and some come in another order; what
 * an authorization server elsewhere sees is not seen here.
 *
 * `contact`: any request. `challenge`: told to sign in (401). `return`: a request with a credential. `accepted`: one that
 * was let in. `call`: the first use of a tool, a prompt or a resource.
 */
export const STAGES = [
  'contact',
  'challenge',
  'resource-metadata',
  'server-metadata',
  'registration',
  'authorize',
  'token',
  'return',
  'accepted',
  'handshake',
  'lists',
  'call',
] as const;
export type Stage = (typeof STAGES)[number];

/** What was seen of one stage. Times: milliseconds since the epoch. */
export interface StageFacts {
  /** When its first request began, and its latest one ended. */
  firstAt: number;
  lastAt: number;
  requests: number;
  /** HTTP status of the latest one; undefined: it was not answered. */
  status: number | undefined;
  /** One of them succeeded. */
  reached: boolean;
}

/** Why a request with a credential was not let in. */
export interface Refusal {
  status: number;
  /** `error` of the challenge; undefined: there is none. */
  error: string | undefined;
}

/** One attempt to connect: from a client's first request to its first call, or to where it stopped. */
export interface Journey {
  /** The root of its trace; the id of the trace is its own. */
  readonly root: RootIds;
  startedAt: number;
  lastAt: number;
  readonly stages: Map<Stage, StageFacts>;
  client: Client;
  clientLabel: string;
  /** It has given its name in a handshake. */
  introduced: boolean;
  /** Hash of the credential that it came with, or of the token that it was given. */
  principal: string | undefined;
  /** What the first refusal without a credential said; `none`: it had no `WWW-Authenticate`. */
  challenge: Challenge | 'none' | undefined;
  /** Of the latest request with a credential, if it was refused. */
  refusal: Refusal | undefined;
  /** The session that it led to. */
  session: RootIds | undefined;
  /** It may be more than one attempt: they cannot be told apart. */
  ambiguous: boolean;
  /** Its client had connected before, and was told to sign in again. */
  again: boolean;
  /** `unfinished`: mcpspan ended first. */
  state: 'open' | 'arrived' | 'stopped' | 'unfinished';
  /** It has been told of: sinks know it. */
  told: boolean;
  /** By which its requests are found, and the agent that sent the first one. */
  readonly keys: string[];
  readonly agent: string;
}

export function beginJourney(at: number, agent: string, again: boolean): Journey {
  return {
    root: { traceId: randomTraceId(), spanId: randomSpanId() },
    startedAt: at,
    lastAt: at,
    stages: new Map(),
    client: NOBODY,
    clientLabel: OTHER,
    introduced: false,
    principal: undefined,
    challenge: undefined,
    refusal: undefined,
    session: undefined,
    ambiguous: false,
    again,
    state: 'open',
    told: false,
    keys: [],
    agent,
  };
}

/** Steps that one attempt takes once: taken twice, they may be those of two. */
const ONCE: ReadonlySet<Stage> = new Set(['registration', 'token']);
/** Requests of one attempt for these follow one another. */
const ONE_BY_ONE: ReadonlySet<Stage> = new Set(['registration', 'token', 'handshake']);

/** A request that was about a stage: when it began and ended, its status, and whether it succeeded. */
export interface Visit {
  from: number;
  to: number;
  status: number | undefined;
  reached: boolean;
}

/** Notes a request. Returns whether it is the first that reached the stage. */
export function visit(journey: Journey, stage: Stage, { from, to, status, reached }: Visit): boolean {
  journey.lastAt = Math.max(journey.lastAt, to);
  const known = journey.stages.get(stage);
  if (known === undefined) {
    journey.stages.set(stage, { firstAt: from, lastAt: to, requests: 1, status, reached });
    return reached;
  }
  if (ONE_BY_ONE.has(stage) && from < known.lastAt) journey.ambiguous = true;
  if (ONCE.has(stage) && known.reached && reached && journey.refusal === undefined && !journey.again)
    journey.ambiguous = true;
  const first = reached && !known.reached;
  known.firstAt = Math.min(known.firstAt, from);
  known.lastAt = Math.max(known.lastAt, to);
  known.requests++;
  known.status = status;
  known.reached ||= reached;
  return first;
}

export const hasReached = ({ stages }: Pick<Journey, 'stages'>, stage: Stage): boolean =>
  stages.get(stage)?.reached === true;

/** The furthest stage that was reached. */
export const furthestOf = (journey: Pick<Journey, 'stages'>): Stage =>
  STAGES.findLast((stage) => hasReached(journey, stage)) ?? 'contact';

const SIGN_IN: readonly Stage[] = [
  'challenge',
  'resource-metadata',
  'server-metadata',
  'registration',
  'authorize',
  'token',
];

/** It had to do with signing in, or a credential of it was refused. */
const isSignIn = (journey: Journey): boolean =>
  journey.refusal !== undefined || SIGN_IN.some((stage) => hasReached(journey, stage));

/**
 * No attempt to connect: it looked for what is not here and for nothing else, or got a token and nothing else. A client
 * that is connected renews its token so, before the old one ends.
 */
export function isNoAttempt(journey: Journey): boolean {
  const { stages } = journey;
  if (onlyToken(journey)) return true;
  return (
    stages.get('contact')?.status === 404 &&
    [...stages].every(([stage, { reached }]) => stage === 'contact' || (stage !== 'handshake' && !reached))
  );
}

const onlyToken = ({ stages }: Journey): boolean =>
  stages.has('token') && [...stages.keys()].every((stage) => stage === 'contact' || stage === 'token');

/**
 * Whether a journey is worth a trace and a row of its own. A plain handshake and what follows it is only counted, and so
 * is a client that signs in again and goes on, and one that waits for its user after it has listed the tools.
 */
export function isWorthTelling(journey: Journey): boolean {
  const { state, again } = journey;
  if (onlyToken(journey)) return false;
  if (isSignIn(journey)) return !again || state === 'stopped';
  return state === 'stopped' && !hasReached(journey, 'lists');
}

/** Puts what two parts of one attempt were found to be together. */
export function merge(journey: Journey, other: Journey): void {
  for (const [stage, facts] of other.stages) {
    const known = journey.stages.get(stage);
    if (known === undefined) journey.stages.set(stage, facts);
    else {
      const later = facts.lastAt > known.lastAt ? facts : known;
      journey.stages.set(stage, {
        firstAt: Math.min(known.firstAt, facts.firstAt),
        lastAt: later.lastAt,
        requests: known.requests + facts.requests,
        status: later.status,
        reached: known.reached || facts.reached,
      });
    }
  }
  journey.startedAt = Math.min(journey.startedAt, other.startedAt);
  journey.lastAt = Math.max(journey.lastAt, other.lastAt);
  journey.challenge ??= other.challenge;
  journey.refusal ??= other.refusal;
  journey.principal ??= other.principal;
  journey.session ??= other.session;
  journey.ambiguous ||= other.ambiguous;
  if (other.introduced) journey.introduced = true;
  journey.client = betterOf(journey.client, other.client, other.introduced);
}

/** The one that says more of who is calling. */
export function betterOf(known: Client, other: Client, introduced = false): Client {
  if (introduced) return other;
  const rank = ({ known: label, name, library }: Client): number =>
    label !== undefined ? 3 : name === undefined ? 0 : library ? 1 : 2;
  return rank(other) > rank(known) ? other : known;
}
