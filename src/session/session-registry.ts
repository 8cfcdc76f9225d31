import { type JsonObject, objectAt, textAt } from '../observe/json-object.ts';
import type { Exchange } from '../observe/observation.ts';
import { AvoidableHandshakes } from './avoidable.ts';
import { ClientLabels, OTHER, type Client } from './client.ts';
import { Clients } from './clients.ts';
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
import { DISCOVERY_METHODS } from './methods.ts';
import { isToolCall, type Operation, type Outcome } from './operation.ts';
import { adoptSegment, place, RefusedTraces, rootIdsOf, type PlacementOptions } from './placement.ts';
import { principalOf } from './principal.ts';
import { isReal, noTotals, type EndReason, type Opened, type Session } from './session.ts';
import { handshakeKindOf, isAnswered, isError, isRejected, isSuccess } from './settle.ts';
import { Vocabulary } from './vocabulary.ts';
import { THROW_AWAY_CLIENT } from './client-names.ts';

export interface BookOptions extends PlacementOptions, GroupingOptions {
  idleSeconds: number;
  maxSessions: number;
  maxClients: number;
  maxTools: number;
  tools: readonly string[];
  emit: EventSink;
  onFolded(): void;
  onWithheld(): void;
}

/** Which sessions there are: opens, fills and ends them as operations end. */
export class SessionBook {
  readonly live: LiveSessions;
  readonly clients: Clients;
  readonly labels: ClientLabels;
  readonly introductions: Introductions;
  readonly #options: BookOptions;
  readonly #tools: Vocabulary;
  readonly #prompts: Vocabulary;
  readonly #avoidable = new AvoidableHandshakes();
  /** Opened, and not yet told of. */
  readonly #fresh = new Set<Session>();
  readonly #refusedTraces = new RefusedTraces();
  #at = 0;

  /** @param onEnding a session is about to end: what waits in it has no answer any more. */
  constructor(options: BookOptions, onEnding: (key: string, at: number) => void) {
    this.#options = options;
    this.introductions = new Introductions(options.listensOnLoopback);
    this.labels = new ClientLabels(options.maxClients, options.onFolded);
    this.#tools = new Vocabulary(options.maxTools, options.tools, options.onFolded);
    this.#prompts = new Vocabulary(options.maxTools, [], options.onFolded);
    this.live = new LiveSessions({
      most: options.maxSessions,
      idleSeconds: options.idleSeconds,
      ending: onEnding,
      ended: (session, at, reason) => this.#ended(session, at, reason),
    });
    this.clients = new Clients(
      (clientLabel) => options.emit({ kind: 'client-seen', at: this.#at, clientLabel }),
      (clientLabel, what, before, after) =>
        options.emit({ kind: 'client-changed', at: this.#at, clientLabel, what, before, after }),
    );
  }

  /** An operation has ended: settles what it was, to which session it belongs, and tells. */
  settle(operation: Operation, outcome: Outcome, at: number, result?: JsonObject): void {
    this.#at = at;
    operation.outcome = outcome;
    operation.endedAt = at;
    operation.handshake = handshakeKindOf(operation, outcome);
    operation.rejected = isRejected(operation);
    if (operation.direction === 'to-server') operation.session = this.#sessionOf(operation, at, result);
    const { session } = operation;
    if (session !== undefined) operation.source = session.source;
    const succeeded = isSuccess(outcome);
    // A session may have begun with an error, which earns no label of its own.
    if (session?.clientLabel === OTHER && succeeded) session.clientLabel = this.labels.label(session.client, true);
    operation.clientLabel = session?.clientLabel ?? this.labels.label(operation.client, succeeded);
    this.#name(operation, outcome.kind === 'ok');
    if (result !== undefined && succeeded) this.#learn(operation, result, at);
    operation.placement ??= place(operation, session, operation.startedAt, this.#options.emit, this.#options);
    if (session === undefined && !succeeded && !this.#refusedTraces.admits(at)) {
      operation.withheld = true;
      this.#options.onWithheld();
    }
    const call = isToolCall(operation) && !operation.rejected && operation.attempt === 1;
    const first = call && session !== undefined && session.toolCalls === 0 && !session.usedBefore;
    if (session !== undefined) {
      this.#count(operation, session, at);
      this.live.touch(session, at, call);
    }
    this.#options.emit({ kind: 'operation-ended', operation });
    if (first && !session.throwAway) this.#options.emit({ kind: 'session-used', at, session });
    this.#judge(operation, session, first, at);
  }

  sweep(at: number): void {
    this.#at = at;
    this.live.sweep(at);
  }

  #sessionOf(operation: Operation, at: number, result: JsonObject | undefined): Session | undefined {
    const { exchange, grouping, handshake } = operation;
    const handshook = handshake !== undefined && operation.outcome.kind === 'ok';
    if (handshake !== undefined && !handshook) return undefined;
    if (handshook) {
      const named = sessionIdOf(exchange.request, operation.era);
      const id = operation.era === 'legacy' ? (exchange.answer?.sessionId ?? named) : undefined;
      const shakes: Grouping =
        id === undefined
          ? deriveGrouping(exchange.request, operation.conversation, operation.client, this.#options)
          : { source: 'header', key: headerKey(id) };
      if (!isReal(shakes.source) && operation.era === 'legacy')
        this.introductions.introduced(exchange.request, operation.client, at);
      if (shakes.key === undefined) return undefined;
      const session = this.live.get(shakes.key) ?? this.#open(operation, shakes, 'handshake', id, at);
      const info = objectAt(result, 'serverInfo') ?? objectAt(objectAt(result, '_meta'), META.serverInfo);
      session.server = {
        name: textAt(info, 'name') ?? session.server.name,
        version: textAt(info, 'version') ?? session.server.version,
      };
      session.protocolVersion =
        textAt(result, 'protocolVersion') ?? operation.protocolVersion ?? session.protocolVersion;
      operation.protocolVersion = session.protocolVersion;
      this.#announce(session);
      return session;
    }
    if (grouping?.key === undefined) return undefined;
    const live = this.live.get(grouping.key);
    if (live !== undefined || !isAnswered(operation, operation.outcome)) return live;
    const id = grouping.source === 'header' ? sessionIdOf(exchange.request, operation.era) : undefined;
    const session = this.#open(operation, grouping, id === undefined ? 'first-use' : 'attached', id, at);
    this.#announce(session);
    return session;
  }

  #open(
    operation: Operation,
    { source, key = '' }: Grouping,
    opened: Opened,
    id: string | undefined,
    at: number,
  ): Session {
    // Activity that begins anew is new; a session goes on.
    const past = source === 'header' ? this.live.past(key) : undefined;
    const openedAt = operation.startedAt;
    const client: Client = opened === 'attached' ? (past?.client ?? operation.client) : operation.client;
    const root = rootIdsOf(source, key, id, openedAt, this.#options);
    const session: Session = {
      key,
      source,
      id,
      opened: past?.opened ?? opened,
      openedAt,
      era: operation.era,
      client,
      clientLabel: this.labels.label(client, isSuccess(operation.outcome)),
      throwAway: client.name === THROW_AWAY_CLIENT,
      resumed: past !== undefined,
      conversation: operation.conversation,
      affinity: this.#affinity(operation.exchange, operation),
      protocolVersion: operation.protocolVersion,
      server: past?.server ?? { name: undefined, version: undefined },
      lastAt: at,
      inFlight: 0,
      older: undefined,
      newer: undefined,
      usedBefore: (past?.toolCalls ?? 0) > 0,
      totals: noTotals(),
      toolCalls: 0,
      root,
      segment: past?.segment ?? 0,
      segmentRoot: past?.segmentRoot ?? root,
      segmentOperations: 0,
      segmentSince: openedAt,
      segmentTraces: past?.segmentTraces,
      part: past?.part ?? 0,
      elsewhere: undefined,
      seenEvents: undefined,
      discovered: undefined,
      undecidedHandshake: false,
    };
    adoptSegment(session, operation, opened);
    this.live.add(session);
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

  #name(operation: Operation, answered: boolean): void {
    const { target } = operation;
    if (target === undefined) return;
    const names = target.kind === 'tool' ? this.#tools : this.#prompts;
    operation.targetLabel = names.label(target.name, answered);
    operation.unknownTool = target.kind === 'tool' && this.#tools.isUnknown(target.name);
  }

  #learn(operation: Operation, result: JsonObject, at: number): void {
    if (!DISCOVERY_METHODS.has(operation.method)) return;
    const page = { method: operation.method, first: !operation.paged, result };
    learnNames(page, this.#tools, this.#prompts);
    operation.discovery = judgeDiscovery(operation.session, page, at);
  }

  #count(operation: Operation, session: Session, at: number): void {
    const { totals } = session;
    const { outcome } = operation;
    if (operation.conversation !== undefined && session.conversation === undefined) {
      session.conversation = operation.conversation;
      session.affinity = `conversation\0${operation.conversation}`;
    }
    totals.operations++;
    if (isToolCall(operation) && !operation.rejected) {
      totals.toolCalls++;
      if (outcome.kind !== 'ok' && outcome.kind !== 'cancelled') totals.toolErrors++;
    }
    if (isError(operation)) totals.errors++;
    if (operation.handshake !== undefined) {
      totals.handshakes++;
      totals.handshakeSeconds += (at - operation.startedAt) / 1_000;
    }
    if (operation.discovery !== undefined) totals.discoveries++;
  }

  #judge(operation: Operation, session: Session | undefined, firstCall: boolean, at: number): void {
    const { clientLabel, handshake } = operation;
    if (session?.throwAway === true) return;
    if (handshake === 'initialize' || handshake === 'discover') {
      this.clients.saw(clientLabel, 'version', operation.client.version);
      this.clients.saw(clientLabel, 'protocol', operation.protocolVersion);
      if (session !== undefined && isReal(session.source)) session.undecidedHandshake = true;
      else this.#decideHandshake(session, clientLabel, at);
    }
    if (!isToolCall(operation) || operation.rejected) return;
    if (session !== undefined && session.undecidedHandshake) this.#decideHandshake(session, clientLabel, at);
    if (operation.attempt > 1) return;
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

  #ended(session: Session, at: number, reason: EndReason): void {
    session.part++;
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
}
