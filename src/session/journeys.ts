import type { HttpFacts } from '../observe/facts.ts';
import type { HttpClass } from '../observe/http-class.ts';
import type { Exchange } from '../observe/observation.ts';
import { signInStepOf, type SignInStep } from '../observe/sign-in.ts';
import { Callers, type Caller } from './caller.ts';
import { clientFromHeaders, type Client } from './client.ts';
import type { EventSink } from './event.ts';
import { betterOf, hasReached, isNoAttempt, isWorthTelling, visit, type Journey, type Visit } from './journey.ts';
import { stageOfOperation } from './journey-stage.ts';
import { OpenJourneys } from './open-journeys.ts';
import type { EndedOperation } from './operation.ts';
import { RefusedTraces } from './placement.ts';
import { principalOf } from './principal.ts';
import type { Session } from './session.ts';

export interface JourneysOptions {
  /** A journey that is silent for so long has stopped. */
  idleSeconds: number;
  /** Where the server is spoken to; undefined: who speaks to it tells. */
  mcpPath: string | undefined;
  /** @param earned it was given a token, was let in, or shook hands */
  label(client: Client, earned: boolean): string;
  emit: EventSink;
  /** Called when a journey is only counted, since there are too many to tell of. */
  onWithheld(): void;
}

const MAX_PATHS = 64;
/** What goes on for longer, such as a monitor that shakes hands for ever, is told of meanwhile. */
const MAX_JOURNEY_MS = 3_600_000;

type Ended = Omit<Visit, 'reached'>;

/**
 * Follows attempts to connect, from the first request of a client to its first call. Requests of one attempt are found by
 * the hash of their credential, which is also that of the token that was given out; else by address and agent. What cannot
 * be told apart is marked, and nobody is blamed for it.
 */
export class Journeys {
  readonly #options: JourneysOptions;
  readonly #journeys: OpenJourneys;
  readonly #callers = new Callers();
  readonly #paths = new Set<string>();
  readonly #admitted = new RefusedTraces();

  constructor(options: JourneysOptions) {
    this.#options = options;
    this.#journeys = new OpenJourneys(
      () => options.emit({ kind: 'anomaly', what: 'journey-dropped' }),
      (gone) => {
        if (gone.told) options.emit({ kind: 'journey-changed', at: gone.lastAt, journey: gone });
      },
    );
    if (options.mcpPath !== undefined) this.#paths.add(options.mcpPath);
  }

  /** A client's operation has ended. */
  ended(operation: EndedOperation): void {
    const { session, exchange, client, endedAt: at } = operation;
    if (session?.journey === 'arrived' || operation.direction === 'to-client' || operation.form !== 'request') return;
    const { request } = exchange;
    if (request.carrier === 'stdio' || client.throwAway || session?.throwAway === true) return;
    const found = stageOfOperation(operation);
    // A plain call of somebody who has no session, while nobody connects.
    if (session === undefined && found?.stage === 'call' && this.#journeys.isEmpty) return;
    const caller = this.#callers.of(request, session?.principal);
    const name = client.library ? undefined : client.name;
    const end = endOf(exchange, operation.startedAt, at);
    let journey = openOf(session) ?? this.#journeys.find(caller, name);
    if (journey === undefined) {
      const shakes = found?.stage === 'handshake';
      // It connected before we looked, or connects once more.
      const connected = found?.stage === 'call' || (shakes && this.#journeys.hasArrived(caller, name, at));
      if (connected && session !== undefined) this.#resumed(session, end);
      if (connected || !shakes) return;
      journey = this.#begin(caller, end, false);
    }
    if (found?.stage === 'handshake') this.#shookHands(journey, operation, caller, name);
    let isNews = end.status !== undefined && end.status < 400 && this.#cameWith(journey, caller, end);
    if (found === undefined) journey.lastAt = Math.max(journey.lastAt, at);
    else isNews = visit(journey, found.stage, { ...end, reached: found.reached }) || isNews;
    const isBack = journey.again && journey.refusal === undefined && hasReached(journey, 'accepted');
    if (!isBack && !hasReached(journey, 'call')) {
      if (isNews) this.#changed(journey);
      return;
    }
    this.#journeys.arrived(journey, caller, name, at);
    if (session !== undefined) session.journey = 'arrived';
    this.#end(journey, 'arrived', at);
  }

  /**
   * An exchange has ended.
   * @param spoke a message came back, so `ended` knows more of it
   * @param sessionOf finds whose it is; asked only where that matters
   */
  closed(
    exchange: Exchange,
    httpClass: HttpClass,
    spoke: boolean,
    at: number,
    sessionOf: () => Session | undefined,
  ): void {
    const { request, answer } = exchange;
    const refused = answer?.status === 401 || answer?.status === 403;
    if ((spoke && !refused) || request.carrier === 'stdio' || request.method === 'OPTIONS' || request.probe) return;
    const end = endOf(exchange, exchange.openedAt, at);
    if (httpClass === 'mcp') {
      const session = sessionOf();
      if (session?.journey !== 'arrived') this.#spokenTo(exchange, request, end, openOf(session));
      else if (refused) {
        // It signs in again, and the next good request in its session says that it is back.
        session.journey = this.#spokenTo(exchange, request, end, undefined, true);
      }
      return;
    }
    const step = signInStepOf(request.path);
    if (step !== undefined) this.#signingIn(step, exchange, request, end);
    else if (isLook(request) && this.#paths.has(request.path)) this.#spokenTo(exchange, request, end, undefined);
  }

  /** Ends journeys that have been silent for too long. */
  sweep(at: number): void {
    const idleMs = this.#options.idleSeconds * 1_000;
    for (const journey of this.#journeys)
      if (at - journey.lastAt >= idleMs || at - journey.startedAt >= MAX_JOURNEY_MS) this.#end(journey, 'stopped', at);
  }

  /** mcpspan ends: nobody knows how they would have gone on. */
  shutdown(at: number): void {
    for (const journey of this.#journeys) this.#end(journey, 'unfinished', at);
  }

  /**
   * A request to the server itself was refused, or no message answered it.
   * @param connected its client had arrived
   */
  #spokenTo(
    exchange: Exchange,
    request: HttpFacts,
    end: Ended,
    known: Journey | undefined,
    connected = false,
  ): Journey | undefined {
    const { status } = end;
    const caller = this.#callers.of(request);
    const refused = status === 401 || status === 403;
    const before = known ?? this.#journeys.find(caller);
    if (before === undefined) {
      const looks = isLook(request) && request.sessionId === undefined && this.#paths.has(request.path);
      // A stream that was open is used by somebody who is connected.
      const idle = !looks || isStream(exchange) || this.#journeys.hasArrived(caller, undefined, end.from);
      if (!refused && idle) return undefined;
    }
    const renews = refused && caller.principal !== undefined && this.#journeys.hasArrived(caller, undefined, end.to);
    const again = connected || renews;
    const journey = before ?? this.#begin(caller, end, again);
    this.#learn(journey, request);
    let isNews = this.#cameWith(journey, caller, end);
    if (refused && caller.principal !== undefined) {
      journey.refusal = { status, error: exchange.answer?.challenge?.error };
      isNews = true;
    } else if (status === 401) {
      journey.challenge = exchange.answer?.challenge ?? 'none';
      isNews = visit(journey, 'challenge', { ...end, reached: true }) || isNews;
    } else if (before !== undefined && caller.principal === undefined) {
      visit(journey, 'contact', { ...end, reached: true });
    }
    if (isNews) this.#changed(journey);
    return journey;
  }

  #signingIn(step: SignInStep, exchange: Exchange, request: HttpFacts, end: Ended): void {
    // A website may have pages of these names.
    const issues = step === 'registration' || step === 'token';
    if (issues && request.method !== 'POST') return;
    // What a client shows to the token endpoint is its own credential, not that of a user.
    const caller = this.#callers.of({ ...request, credential: undefined });
    const token =
      step === 'token' && exchange.issued !== undefined ? principalOf(`Bearer ${exchange.issued}`) : undefined;
    const own = this.#journeys.find(caller);
    // A user signs in with a browser.
    const isUser = own === undefined && step === 'authorize';
    const before = isUser ? this.#ofUser(request) : own;
    if (before === undefined && (isUser || this.#journeys.hasArrived(caller, undefined, end.to))) {
      if (token !== undefined) this.#journeys.renewed(token, end.to);
      return;
    }
    const good = end.status !== undefined && end.status < 400;
    const reached = good && (!issues || exchange.answer?.mediaType === 'application/json');
    if (before === undefined && issues && !reached) return;
    const journey = before ?? this.#begin(caller, end, false);
    if (!isUser) this.#learn(journey, request);
    const isNews = visit(journey, step, { ...end, reached });
    if (token !== undefined) this.#journeys.bindCredential(journey, token);
    else if (step === 'registration' && exchange.issued !== undefined)
      this.#journeys.bindClient(journey, this.#callers.clientKey(exchange.issued));
    if (isNews) this.#changed(journey);
  }

  /** The attempt for which a user signs in: the one that registered with this client id, else the only one there may be. */
  #ofUser({ query }: HttpFacts): Journey | undefined {
    const clientId = new URLSearchParams(query).get('client_id');
    const registered = clientId === null ? undefined : this.#journeys.ofClient(this.#callers.clientKey(clientId));
    return registered ?? this.#journeys.waitingForUser();
  }

  #begin(caller: Caller, end: Ended, again: boolean): Journey {
    const journey = this.#journeys.begin(caller, end.from, again);
    visit(journey, 'contact', { ...end, reached: true });
    return journey;
  }

  #shookHands(journey: Journey, operation: EndedOperation, caller: Caller, name: string | undefined): void {
    const { session, client, exchange } = operation;
    if (exchange.request.carrier === 'http' && this.#paths.size < MAX_PATHS) this.#paths.add(exchange.request.path);
    journey.client = betterOf(journey.client, client, name !== undefined);
    if (name !== undefined) {
      journey.introduced = true;
      this.#journeys.bindName(journey, caller, name);
    }
    if (session === undefined) return;
    journey.session ??= { ...session.root };
    session.journey = journey;
  }

  /** Notes that a request had a credential. Returns whether that is news. */
  #cameWith(journey: Journey, { principal }: Caller, end: Ended): boolean {
    if (principal === undefined) return false;
    this.#journeys.bindCredential(journey, principal);
    const came = visit(journey, 'return', { ...end, reached: true });
    if (end.status === undefined || end.status >= 400) return came;
    journey.refusal = undefined;
    return visit(journey, 'accepted', { ...end, reached: true }) || came;
  }

  /** A client that is connected uses its session: what seemed to have stopped only took its time. */
  #resumed(session: Session, end: Ended): void {
    const { journey } = session;
    session.journey = 'arrived';
    if (typeof journey !== 'object' || journey.state !== 'stopped') return;
    visit(journey, 'call', { ...end, reached: true });
    journey.state = 'arrived';
    if (journey.told) this.#options.emit({ kind: 'journey-changed', at: end.to, journey });
  }

  #learn(journey: Journey, request: HttpFacts): void {
    if (!journey.introduced) journey.client = betterOf(journey.client, clientFromHeaders(request));
  }

  #changed(journey: Journey): void {
    if (!isWorthTelling(journey)) return;
    journey.told ||= this.#admitted.admits(journey.lastAt);
    if (!journey.told) return;
    this.#name(journey);
    this.#options.emit({ kind: 'journey-changed', at: journey.lastAt, journey });
  }

  #end(journey: Journey, state: 'arrived' | 'stopped' | 'unfinished', at: number): void {
    journey.state = state;
    this.#journeys.remove(journey);
    if (isNoAttempt(journey)) return;
    this.#name(journey);
    if (!journey.told && isWorthTelling(journey)) {
      journey.told = this.#admitted.admits(at);
      if (!journey.told) this.#options.onWithheld();
    }
    this.#options.emit({ kind: 'journey-ended', at, journey });
  }

  #name(journey: Journey): void {
    const earned = EARNS.some((stage) => hasReached(journey, stage));
    journey.clientLabel = this.#options.label(journey.client, earned);
  }
}

/** What a stranger does not get from a server. */
const EARNS = ['token', 'accepted', 'handshake'] as const;

const endOf = ({ answer }: Exchange, from: number, to: number): Ended => ({ from, to, status: answer?.status });

const isStream = ({ answer }: Exchange): boolean => answer?.mediaType === 'text/event-stream' && answer.status < 300;

/** It asks for nothing that a message would be an answer to. */
const isLook = ({ method }: HttpFacts): boolean => method === 'GET' || method === 'HEAD';

const openOf = (session: Session | undefined): Journey | undefined =>
  typeof session?.journey === 'object' && session.journey.state === 'open' ? session.journey : undefined;
