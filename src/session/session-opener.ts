import { objectAt, textAt, type JsonObject } from '../observe/json-object.ts';
import type { Exchange } from '../observe/observation.ts';
import { clientFromHeaders, type ClientLabels } from './client.ts';
import { META } from './era.ts';
import type { EventSink } from './event.ts';
import {
  deriveGrouping,
  headerKey,
  isLoopbackPeer,
  sessionIdOf,
  type Grouping,
  type GroupingOptions,
} from './grouping.ts';
import type { Introductions } from './introductions.ts';
import type { LiveSessions } from './live.ts';
import { newSession } from './new-session.ts';
import type { Operation, Outcome } from './operation.ts';
import { adoptSegment, rootIdsOf, type PlacementOptions } from './placement.ts';
import { principalIn, principalOf } from './principal.ts';
import { isReal, type Opened, type Session } from './session.ts';
import { isAnswered, isSuccess } from './settle.ts';

export interface OpenerOptions extends PlacementOptions, GroupingOptions {
  emit: EventSink;
}

/** Finds the session of an operation that ends, and opens a session that begins with it. */
export class SessionOpener {
  /** A live session that has to end, since another one was opened. */
  overfull: Session | undefined;
  readonly #live: LiveSessions;
  readonly #labels: ClientLabels;
  readonly #introductions: Introductions;
  readonly #options: OpenerOptions;
  /** Opened sessions that are not reported yet. */
  readonly #fresh = new Set<Session>();

  constructor(live: LiveSessions, labels: ClientLabels, introductions: Introductions, options: OpenerOptions) {
    this.#live = live;
    this.#labels = labels;
    this.#introductions = introductions;
    this.#options = options;
  }

  /** The session that a successful handshake opens, or finds open. */
  ofHandshake(operation: Operation, at: number, result: JsonObject | undefined): Session | undefined {
    const { exchange } = operation;
    const named = sessionIdOf(exchange, operation.era);
    const id = operation.era === 'legacy' ? (exchange.answer?.sessionId ?? named) : named;
    const grouping: Grouping =
      id === undefined
        ? deriveGrouping(exchange.request, operation.conversation, operation.client, this.#options)
        : { source: 'header', key: headerKey(id) };
    if (!isReal(grouping.source) && operation.era === 'legacy')
      this.#introductions.introduced(exchange.request, operation.client, at);
    if (grouping.key === undefined) return undefined;
    const live = this.#live.get(grouping.key);
    const known = live ?? (isReal(grouping.source) ? this.#live.past(grouping.key) : undefined);
    const owns = known === undefined || mayOwn(operation, known.principal);
    const session = live ?? this.#open(operation, grouping, owns ? 'handshake' : 'attached', id, true, at);
    operation.protocolVersion = textAt(result, 'protocolVersion') ?? operation.protocolVersion;
    if (owns) this.#shookHands(session, operation, result);
    else this.#announce(session);
    return session;
  }

  #shookHands(session: Session, operation: Operation, result: JsonObject | undefined): void {
    if (isReal(session.source)) this.#own(session, operation);
    const info = objectAt(result, 'serverInfo') ?? objectAt(objectAt(result, '_meta'), META.serverInfo);
    session.server = {
      name: textAt(info, 'name') ?? session.server.name,
      version: textAt(info, 'version') ?? session.server.version,
    };
    session.protocolVersion = operation.protocolVersion ?? session.protocolVersion;
    operation.protocolVersion = session.protocolVersion;
    this.#announce(session);
  }

  /** Who shook hands last is the owner. */
  #own(session: Session, { client, exchange }: Operation): void {
    session.client = client;
    session.clientLabel = this.#labels.label(client, true);
    session.face = clientFromHeaders(exchange.request);
    session.principal = principalIn(exchange.request);
  }

  /**
   * The session that an operation names; one that the server answers in is open, whoever opened it. A server may name
   * the session in any answer to a request that named none.
   */
  ofAnswered(operation: Operation, outcome: Outcome, at: number): Session | undefined {
    const { exchange } = operation;
    const minted = mintedBy(operation);
    const grouping: Grouping | undefined =
      minted === undefined ? operation.grouping : { source: 'header', key: headerKey(minted) };
    if (grouping?.key === undefined) return undefined;
    const live = this.#live.get(grouping.key);
    if (live !== undefined || !isAnswered(operation, outcome)) return live;
    // An answer that was under way when its session was ended opens no new one.
    if (operation.startedAt <= (this.#live.past(grouping.key)?.overAt ?? 0)) return undefined;
    const id = minted ?? (grouping.source === 'header' ? sessionIdOf(exchange, operation.era) : undefined);
    // A session whose beginning was seen here has its root here.
    const begun = id === undefined || minted !== undefined || this.#live.isHeld(grouping.key);
    const opened = begun ? 'first-use' : 'attached';
    const session = this.#open(operation, grouping, opened, id, isSuccess(outcome), at);
    this.#announce(session);
    return session;
  }

  #open(
    operation: Operation,
    { source, key = '' }: Grouping,
    opened: Opened,
    id: string | undefined,
    succeeded: boolean,
    at: number,
  ): Session {
    // Activity that begins anew is new; a session goes on.
    const past = source === 'header' ? this.#live.past(key) : undefined;
    const client = opened === 'attached' ? (past?.client ?? operation.client) : operation.client;
    const session = newSession({
      key,
      source,
      id,
      opened,
      operation,
      client,
      clientLabel: this.#labels.label(client, succeeded),
      affinity: this.#affinity(operation.exchange, operation),
      root: rootIdsOf(source, key, id, operation.startedAt, this.#options),
      past,
      at,
    });
    adoptSegment(session, operation, opened);
    this.overfull = this.#live.add(session);
    this.#fresh.add(session);
    return session;
  }

  /** Tells of a session that was just opened, once what its handshake says of it is known. */
  #announce(session: Session): void {
    if (this.#fresh.delete(session)) this.#options.emit({ kind: 'session-opened', at: session.openedAt, session });
  }

  #affinity(exchange: Exchange, operation: Operation): string | undefined {
    const { request } = exchange;
    if (operation.conversation !== undefined) return `conversation\0${operation.conversation}`;
    if (request.credential !== undefined) return `principal\0${principalOf(request.credential)}`;
    return isLoopbackPeer(request, this.#options) ? 'peer' : undefined;
  }
}

/**
 * Whether who shakes hands becomes the owner of a session that is known. The server gave its id out in the answer, or it
 * is the principal's own: to name the session of another is not enough.
 */
const mayOwn = (operation: Operation, principal: string | undefined): boolean =>
  mintedBy(operation) !== undefined || principalIn(operation.exchange.request) === principal;

/** The id that a server gave to a session, in an answer to a legacy request that named none. */
function mintedBy({ exchange, era, direction }: Operation): string | undefined {
  const { request, answer, endpointSessionId } = exchange;
  if (era === 'modern' || direction === 'to-client') return undefined;
  return request.sessionId === undefined && endpointSessionId === undefined ? answer?.sessionId : undefined;
}
