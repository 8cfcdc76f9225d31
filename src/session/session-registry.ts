import type { JsonObject } from '../observe/json-object.ts';
import type { RootIds } from '../transport/trace/trace-id.ts';
import { AvoidableHandshakes } from './avoidable.ts';
import { ClientLabels, OTHER } from './client.ts';
import { Clients } from './clients.ts';
import { addTo, countedAs } from './counted.ts';
import { judgeDiscovery, learnNames } from './discovery.ts';
import type { EventSink } from './event.ts';
import type { GroupingOptions } from './grouping.ts';
import { Introductions } from './introductions.ts';
import { LiveSessions } from './live.ts';
import { Loops } from './loops.ts';
import { DISCOVERY_METHODS } from './methods.ts';
import type { EndedOperation, HandshakeKind, Operation, Outcome, Placement } from './operation.ts';
import { placeSpan, RefusedTraces, type PlacementOptions } from './placement.ts';
import { admitSpans } from './server-spans.ts';
import { isReal, type EndReason, type Session } from './session.ts';
import { SessionOpener } from './session-opener.ts';
import { handshakeKindOf, isSuccess } from './settle.ts';
import { ToolLists } from './tool-lists.ts';
import { noTotals } from './totals.ts';
import { isUnknownTool } from './unknown-tool.ts';
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
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew?(): number;
}

export interface SettledOperation {
  operation: EndedOperation;
  /** A live session that has to end, because there are too many. */
  overfull: Session | undefined;
}

/** Opens, fills and ends sessions as operations end. */
export class SessionRegistry {
  readonly live: LiveSessions;
  readonly clients: Clients;
  readonly labels: ClientLabels;
  readonly introductions: Introductions;
  readonly loops = new Loops();
  readonly #options: RegistryOptions;
  readonly #tools: Vocabulary;
  readonly #prompts: Vocabulary;
  readonly #toolLists = new ToolLists();
  readonly #avoidable = new AvoidableHandshakes();
  readonly #opener: SessionOpener;
  readonly #refusedTraces = new RefusedTraces();
  #at = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.introductions = new Introductions(options.listensOnLoopback);
    this.labels = new ClientLabels(options.maxClients, {
      onFolded: () => options.onFolded(),
      onForgotten: (clientLabel) => this.clients.forget(clientLabel),
    });
    this.#tools = new Vocabulary(options.maxTools, options.tools, options.onFolded);
    this.#prompts = new Vocabulary(options.maxTools, [], options.onFolded);
    this.live = new LiveSessions({ max: options.maxSessions, idleSeconds: options.idleSeconds });
    this.#opener = new SessionOpener(this.live, this.labels, this.introductions, options);
    this.clients = new Clients(
      (clientLabel) => options.emit({ kind: 'client-seen', at: this.#at, clientLabel }),
      (clientLabel, what, before, after) =>
        options.emit({ kind: 'client-changed', at: this.#at, clientLabel, what, before, after }),
    );
  }

  /**
   * Settles an operation that has ended: decides what it counts as and which session it belongs to, and emits the
   * session events. Returns also the session that has to make room, if a new one was opened and there are too many.
   * @param known its session, if the caller knows it
   */
  settle(operation: Operation, outcome: Outcome, at: number, result?: JsonObject, known?: Session): SettledOperation {
    this.#at = at;
    this.labels.advance(at);
    operation.ended = true;
    const succeeded = isSuccess(outcome);
    const handshake = handshakeKindOf(operation, outcome, result);
    this.#opener.overfull = undefined;
    const session = known ?? this.#sessionOf(operation, outcome, handshake, at, result);
    // A session that began with an error got no label of its own.
    if (session?.clientLabel === OTHER && succeeded) session.clientLabel = this.labels.label(session.client, true);
    const clientLabel = this.#clientLabel(operation, session, succeeded);
    const targetLabel = this.#targetLabel(operation, outcome.kind === 'ok');
    const unknownTool = isUnknownTool(operation, outcome, result, session);
    const counted = countedAs(operation, { outcome, handshake, session, unknownTool });
    const discovery = result !== undefined && succeeded ? this.#learn(operation, session, result, at) : undefined;
    const knownRoot = session === undefined ? this.#rootOfPast(operation) : undefined;
    const placement = placeSpan(operation, session, knownRoot, this.#options.emit, this.#options);
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
      repeat: this.loops.ended(operation, counted, session, at),
      incomplete: operation.exchange.incomplete || operation.doubtedAt > 0,
      counted,
      serverSpans: this.#serverSpans(operation, placement, at),
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
    return { operation: ended, overfull: this.#opener.overfull };
  }

  /** Decides where the span of a call hangs that was answered but stays open. Opens its session if necessary. */
  placeOpen(operation: Operation, at: number): { placement: Placement; overfull: Session | undefined } {
    this.#at = at;
    this.#opener.overfull = undefined;
    const session = this.#opener.ofAnswered(operation, { kind: 'ok' }, at);
    operation.placedEarly ??= placeSpan(operation, session, undefined, this.#options.emit, this.#options);
    return { placement: operation.placedEarly, overfull: this.#opener.overfull };
  }

  /** Ends a session whose operations have all been settled. */
  end(session: Session, at: number, reason: EndReason): void {
    if (this.live.get(session.key) !== session) return;
    this.#at = at;
    session.part++;
    this.live.remove(session, reason === 'deleted' || reason === 'expired' ? at : 0);
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

  #sessionOf(
    operation: Operation,
    outcome: Outcome,
    handshake: HandshakeKind | undefined,
    at: number,
    result: JsonObject | undefined,
  ): Session | undefined {
    if (operation.direction === 'to-client') return operation.carriedBy;
    if (handshake === undefined) return this.#opener.ofAnswered(operation, outcome, at);
    const shook = outcome.kind === 'ok' && (operation.method === 'initialize' || handshake === 'discover');
    return shook ? this.#opener.ofHandshake(operation, at, result) : undefined;
  }

  #clientLabel({ client, direction }: Operation, session: Session | undefined, succeeded: boolean): string {
    const own = session !== undefined && (direction === 'to-client' || client === session.client);
    return own ? session.clientLabel : this.labels.label(client, succeeded);
  }

  /** The root of a session that has ended: later operations in it hang from that. */
  #rootOfPast({ grouping }: Operation): RootIds | undefined {
    return grouping?.key === undefined ? undefined : this.live.past(grouping.key)?.segment.root;
  }

  #serverSpans(operation: Operation, placement: Placement, at: number): EndedOperation['serverSpans'] {
    const { sentSpans } = operation;
    if (sentSpans === undefined) return undefined;
    const serverSpans = admitSpans(sentSpans, operation, { placement, at, ahead: this.#options.skew?.() ?? 0 });
    if (serverSpans.dropped.size > 0) this.#options.emit({ kind: 'anomaly', what: 'server-spans-dropped' });
    return serverSpans;
  }

  #targetLabel({ target }: Operation, answered: boolean): string | undefined {
    if (target === undefined) return undefined;
    return (target.kind === 'tool' ? this.#tools : this.#prompts).label(target.name, answered);
  }

  #learn(
    { method, cursor }: Operation,
    session: Session | undefined,
    result: JsonObject,
    at: number,
  ): EndedOperation['discovery'] {
    if (!DISCOVERY_METHODS.has(method)) return undefined;
    const page = { method, first: cursor === undefined, result };
    learnNames(session, page, { tools: this.#tools, prompts: this.#prompts, toolLists: this.#toolLists });
    return judgeDiscovery(session, page, at);
  }

  #judge(operation: EndedOperation, firstCall: boolean, at: number): void {
    const { clientLabel, counted, session } = operation;
    if (session?.throwAway === true || operation.client.throwAway) return;
    if (counted.handshake) {
      this.clients.saw(clientLabel, 'version', operation.client.version);
      this.clients.saw(clientLabel, 'protocol', operation.protocolVersion);
      if (session !== undefined && isReal(session.source)) session.undecidedHandshake = true;
      else this.#decideHandshake(session, clientLabel, at);
    }
    if (!counted.toolCall) return;
    if (session !== undefined && session.undecidedHandshake) this.#decideHandshake(session, clientLabel, at);
    const { request } = operation.exchange;
    // Nobody is to be told that a client sends no session id, if that is only not known.
    const untold = request.carrier === 'http' && request.sessionUntold;
    if (!counted.firstOfCall || untold) return;
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

/** A session belongs to the first conversation that is named in it. */
function learnConversation(session: Session, { conversation }: Operation): void {
  if (conversation === undefined || session.conversation !== undefined) return;
  session.conversation = conversation;
  session.affinity = `conversation\0${conversation}`;
}
