import { type JsonObject, objectAt, textAt } from '../observe/json-object.ts';
import type { Exchange } from '../observe/observation.ts';
import { AvoidableHandshakes } from './avoidable.ts';
import { ClientLabels, OTHER } from './client.ts';
import { Clients } from './clients.ts';
import { addTo, countedAs } from './counted.ts';
import { noTotals } from './totals.ts';
import { judgeDiscovery, learnNames } from './discovery.ts';
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
import { Introductions } from './introductions.ts';
import { LiveSessions } from './live.ts';
import { newSession } from './new-session.ts';
import { DISCOVERY_METHODS } from './methods.ts';
import type { EndedOperation, Operation, Outcome } from './operation.ts';
import { adoptSegment, placeSpan, RefusedTraces, rootIdsOf, type PlacementOptions } from './placement.ts';
import { principalOf } from './principal.ts';
import { isReal, type EndReason, type Opened, type Session } from './session.ts';
import { handshakeKindOf, isAnswered, isSuccess } from './settle.ts';
import { Vocabulary } from './vocabulary.ts';

export interface RegistryOptions extends PlacementOptions, GroupingOptions {
  idleSeconds: number;
  maxSessions: number;
  maxClients: number;
  maxTools: number;
  tools: readonly string[];
  emit: EventSink;
  onFolded(): void;
  onWithheld(): void;
}

export interface SettledOperation {
  operation: EndedOperation;
  /** A live session that has to end: there are too many. */
  overfull: Session | undefined;
}

/** Which sessions there are: opens, fills and ends them as operations end. */
export class SessionRegistry {
  readonly live: LiveSessions;
  readonly clients: Clients;
  readonly labels: ClientLabels;
  readonly introductions: Introductions;
  readonly #options: RegistryOptions;
  readonly #tools: Vocabulary;
  readonly #prompts: Vocabulary;
  readonly #avoidable = new AvoidableHandshakes();
  /** Opened, and not yet told of. */
  readonly #fresh = new Set<Session>();
  readonly #refusedTraces = new RefusedTraces();
  #at = 0;
  #overfull: Session | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.introductions = new Introductions(options.listensOnLoopback);
    this.labels = new ClientLabels(options.maxClients, options.onFolded);
    this.#tools = new Vocabulary(options.maxTools, options.tools, options.onFolded);
    this.#prompts = new Vocabulary(options.maxTools, [], options.onFolded);
    this.live = new LiveSessions({ max: options.maxSessions, idleSeconds: options.idleSeconds });
    this.clients = new Clients(
      (clientLabel) => options.emit({ kind: 'client-seen', at: this.#at, clientLabel }),
      (clientLabel, what, before, after) =>
        options.emit({ kind: 'client-changed', at: this.#at, clientLabel, what, before, after }),
    );
  }

  /**
   * An operation has ended: settles what it was and to which session it belongs, and tells. Returns the session that
   * has to make room for the one it opened, if there is one.
   */
  settle(operation: Operation, outcome: Outcome, at: number, result?: JsonObject): SettledOperation {
    this.#at = at;
    operation.ended = true;
    const succeeded = isSuccess(outcome);
    const handshake = handshakeKindOf(operation, outcome);
    this.#overfull = undefined;
    const session =
      operation.direction === 'to-client'
        ? operation.carriedBy
        : handshake === undefined
          ? this.#sessionOf(operation, outcome, at)
          : outcome.kind === 'ok'
            ? this.#sessionOfHandshake(operation, at, result)
            : undefined;
    const counted = countedAs(operation, { outcome, handshake, session });
    // A session may have begun with an error, which earns no label of its own.
    if (session?.clientLabel === OTHER && succeeded) session.clientLabel = this.labels.label(session.client, true);
    const clientLabel = session?.clientLabel ?? this.labels.label(operation.client, succeeded);
    const targetLabel = this.#targetLabel(operation, outcome.kind === 'ok');
    const unknownTool = operation.target?.kind === 'tool' && this.#tools.isUnknown(operation.target.name);
    const discovery = result !== undefined && succeeded ? this.#learn(operation, session, result, at) : undefined;
    const placement = placeSpan(operation, session, this.#options.emit, this.#options);
    const withheld = session === undefined && !succeeded && !this.#refusedTraces.admits(at);
    if (withheld) this.#options.onWithheld();
    const ended: EndedOperation = {
      ...operation,
      source: session?.source ?? operation.source,
      endedAt: at,
      outcome,
      session,
      placement,
      clientLabel,
      targetLabel,
      handshake,
      discovery,
      unknownTool,
      counted,
      withheld,
    };
    const first = counted.firstOfCall && session !== undefined && session.toolCalls === 0 && !session.usedBefore;
    if (session !== undefined) {
      learnConversation(session, operation);
      addTo(session.totals, { counted, handshake, discovery, seconds: (at - operation.startedAt) / 1_000 });
      this.live.touch(session, at, counted.firstOfCall);
    }
    this.#options.emit({ kind: 'operation-ended', operation: ended });
    if (first) this.#options.emit({ kind: 'session-used', at, session });
    this.#judge(ended, first, at);
    return { operation: ended, overfull: this.#overfull };
  }

  /** A session ends: whatever waited in it has been settled. */
  end(session: Session, at: number, reason: EndReason): void {
    if (this.live.get(session.key) !== session) return;
    this.#at = at;
    session.part++;
    this.live.remove(session);
    const ours = session.opened !== 'attached';
    if (session.undecidedHandshake && !session.throwAway)
      this.#decideHandshake(session, session.clientLabel, session.lastAt);
    if (!session.throwAway && session.toolCalls > 0 && isReal(session.source)) {
      this.clients.saw(session.clientLabel, 'discovery', session.totals.discoveries > 0 ? 'lists' : 'none');
      this.clients.saw(session.clientLabel, 'delete', reason === 'deleted' ? 'sends' : 'none');
    }
    this.#options.emit({
      kind: 'session-ended',
      at,
      session,
      reason,
      counted: ours && !session.resumed && !session.throwAway,
    });
    session.totals = noTotals();
  }

  /** The session that a successful handshake opens, or finds open. */
  #sessionOfHandshake(operation: Operation, at: number, result: JsonObject | undefined): Session | undefined {
    const { exchange } = operation;
    const named = sessionIdOf(exchange.request, operation.era);
    const id = operation.era === 'legacy' ? (exchange.answer?.sessionId ?? named) : undefined;
    const grouping: Grouping =
      id === undefined
        ? deriveGrouping(exchange.request, operation.conversation, operation.client, this.#options)
        : { source: 'header', key: headerKey(id) };
    if (!isReal(grouping.source) && operation.era === 'legacy')
      this.introductions.introduced(exchange.request, operation.client, at);
    if (grouping.key === undefined) return undefined;
    const session = this.live.get(grouping.key) ?? this.#open(operation, grouping, 'handshake', id, true, at);
    const info = objectAt(result, 'serverInfo') ?? objectAt(objectAt(result, '_meta'), META.serverInfo);
    session.server = {
      name: textAt(info, 'name') ?? session.server.name,
      version: textAt(info, 'version') ?? session.server.version,
    };
    session.protocolVersion = textAt(result, 'protocolVersion') ?? operation.protocolVersion ?? session.protocolVersion;
    operation.protocolVersion = session.protocolVersion;
    this.#announce(session);
    return session;
  }

  /** The session that an operation names; one that the server answers in is open, whoever opened it. */
  #sessionOf(operation: Operation, outcome: Outcome, at: number): Session | undefined {
    const { exchange, grouping } = operation;
    if (grouping?.key === undefined) return undefined;
    const live = this.live.get(grouping.key);
    if (live !== undefined || !isAnswered(operation, outcome)) return live;
    const id = grouping.source === 'header' ? sessionIdOf(exchange.request, operation.era) : undefined;
    const opened = id === undefined ? 'first-use' : 'attached';
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
    const past = source === 'header' ? this.live.past(key) : undefined;
    const client = opened === 'attached' ? (past?.client ?? operation.client) : operation.client;
    const session = newSession({
      key,
      source,
      id,
      opened,
      operation,
      client,
      clientLabel: this.labels.label(client, succeeded),
      affinity: this.#affinity(operation.exchange, operation),
      root: rootIdsOf(source, key, id, operation.startedAt, this.#options),
      past,
      at,
    });
    adoptSegment(session, operation, opened);
    this.#overfull = this.live.add(session);
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

  #targetLabel({ target }: Operation, answered: boolean): string | undefined {
    if (target === undefined) return undefined;
    return (target.kind === 'tool' ? this.#tools : this.#prompts).label(target.name, answered);
  }

  #learn(
    { method, paged }: Operation,
    session: Session | undefined,
    result: JsonObject,
    at: number,
  ): EndedOperation['discovery'] {
    if (!DISCOVERY_METHODS.has(method)) return undefined;
    const page = { method, first: !paged, result };
    learnNames(page, this.#tools, this.#prompts);
    return judgeDiscovery(session, page, at);
  }

  #judge(operation: EndedOperation, firstCall: boolean, at: number): void {
    const { clientLabel, counted, session } = operation;
    if (session?.throwAway === true) return;
    if (counted.handshake) {
      this.clients.saw(clientLabel, 'version', operation.client.version);
      this.clients.saw(clientLabel, 'protocol', operation.protocolVersion);
      if (session !== undefined && isReal(session.source)) session.undecidedHandshake = true;
      else this.#decideHandshake(session, clientLabel, at);
    }
    if (!counted.toolCall) return;
    if (session !== undefined && session.undecidedHandshake) this.#decideHandshake(session, clientLabel, at);
    if (!counted.firstOfCall) return;
    this.clients.called(clientLabel, {
      at,
      era: operation.era,
      inSession: isReal(operation.source),
      firstOfSession: firstCall && isReal(operation.source),
      affinity: session?.affinity,
    });
  }

  #decideHandshake(session: Session | undefined, clientLabel: string, at: number): void {
    if (session !== undefined) session.undecidedHandshake = false;
    const key = session?.affinity === 'peer' ? undefined : session?.affinity;
    if (this.#avoidable.isAvoidable(key === undefined ? undefined : `${clientLabel}\0${key}`, at)) {
      this.#options.emit({ kind: 'handshake-avoidable', clientLabel });
    }
  }
}

/** The first conversation that is named in a session is its own. */
function learnConversation(session: Session, { conversation }: Operation): void {
  if (conversation === undefined || session.conversation !== undefined) return;
  session.conversation = conversation;
  session.affinity = `conversation\0${conversation}`;
}
