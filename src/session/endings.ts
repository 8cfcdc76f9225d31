import { httpClassOf } from '../observe/http-class.ts';
import type { JsonObject } from '../observe/json-object.ts';
import type { RequestId } from '../observe/message.ts';
import type { Exchange } from '../observe/observation.ts';
import { isLeft, type CloseReason } from '../transport/wire/wire-event.ts';
import { Cancellations } from './cancellation.ts';
import { concludeExchange } from './conclude.ts';
import type { EventSink } from './event.ts';
import type { Journeys } from './journeys.ts';
import { Matching } from './matching.ts';
import { release, type EndedOperation, type Operation, type Outcome, type Placement } from './operation.ts';
import { PendingElsewhere } from './pending.ts';
import { Probes } from './probes.ts';
import type { EndReason, Session } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';
import { isUnanswered, outcomeOfClose } from './settle.ts';
import type { ClosedConnection, Streams } from './streams.ts';
import { Tasks, type TaskEnd } from './tasks.ts';
import { aloneKey, OpenWork, sessionKeyOf, type Work } from './work.ts';

/** Ends operations and sessions. Holds those that are under way. */
export class Endings {
  readonly work = new OpenWork();
  readonly matching: Matching;
  readonly cancellations: Cancellations;
  readonly #elsewhere: PendingElsewhere;
  readonly #registry: SessionRegistry;
  readonly #streams: Streams;
  readonly #probes: Probes;
  readonly #tasks = new Tasks();
  readonly #journeys: Journeys;
  readonly #emit: EventSink;

  constructor(registry: SessionRegistry, streams: Streams, journeys: Journeys, emit: EventSink) {
    this.#registry = registry;
    this.#streams = streams;
    this.#journeys = journeys;
    this.#emit = emit;
    this.#elsewhere = new PendingElsewhere((operation) => this.lose(operation, operation.startedAt));
    this.matching = new Matching(this.work, this.#elsewhere);
    this.#probes = new Probes(registry);
    this.cancellations = new Cancellations(this.matching, this.#elsewhere, {
      end: (operation, outcome, at) => this.end(operation, outcome, at),
      report: ({ method, client }) =>
        emit({ kind: 'cancelled', method, clientLabel: registry.labels.label(client, false) }),
    });
  }

  /** Ends an operation whose outcome is known. */
  end(operation: Operation, outcome: Outcome, at: number, result?: JsonObject): EndedOperation | undefined {
    release(operation);
    const { doubtedAt } = operation;
    // An answer that fit no request was probably its own, so nobody is to blame.
    if (doubtedAt > 0 && isUnanswered(outcome, operation)) return this.#settle(operation, { kind: 'ok' }, doubtedAt);
    operation.doubtedAt = 0;
    if (outcome.kind === 'cancelled') this.cancellations.mark(operation);
    if (this.#probes.holdsBack(operation, outcome, at, result)) return undefined;
    return this.#settle(operation, outcome, at, result);
  }

  /** An answer arrived. Returns where the operation's span is placed; undefined: not decided yet. */
  answered(
    operation: Operation,
    outcome: Outcome,
    at: number,
    result: JsonObject | undefined,
    text: Uint8Array,
  ): Placement | undefined {
    if (result !== undefined && this.#tasks.holds(operation, result, at)) {
      release(operation);
      const { placement, overfull } = this.#registry.placeOpen(operation, at);
      this.#makeRoom(overfull, at);
      return placement;
    }
    const ended = this.end(operation, outcome, at, result);
    this.#endTask(this.#tasks.answered(operation, outcome, text, at));
    return ended?.placement;
  }

  /** The server reports the status of a task. */
  taskNotified(params: JsonObject, text: Uint8Array, at: number): void {
    this.#endTask(this.#tasks.notified(params, text, at));
  }

  #endTask(end: TaskEnd | undefined): void {
    if (end !== undefined) this.end(end.operation, end.outcome, end.at);
  }

  #settle(operation: Operation, outcome: Outcome, at: number, result?: JsonObject): EndedOperation {
    const settled = this.#registry.settle(operation, outcome, at, result);
    this.#makeRoom(settled.overfull, at);
    this.#journeys.ended(settled.operation);
    const probe = this.#probes.takeOf(settled.operation);
    if (probe !== undefined) this.#registry.settle(...probe, settled.operation.session);
    return settled.operation;
  }

  #makeRoom(overfull: Session | undefined, at: number): void {
    if (overfull !== undefined) this.endSession(overfull, at, 'evicted');
  }

  /** Ends a session. Requests that still wait in it will get no answer. */
  endSession(session: Session, at: number, reason: EndReason): void {
    this.#loseAll(session.key, at);
    for (const end of this.#tasks.takeOf(session.key)) this.#endTask(end);
    this.#registry.end(session, at, reason);
  }

  lose(operation: Operation, at: number, what: 'lost' | 'reused-id' = 'lost'): void {
    if (what === 'reused-id' || operation.doubtedAt === 0) this.#emit({ kind: 'anomaly', what });
    this.end(operation, operation.cancelled ? { kind: 'cancelled' } : { kind: 'lost' }, at);
  }

  /** Makes room for another request on this exchange. */
  loseOldest({ waiting }: Work, at: number): void {
    const [oldest] = waiting;
    if (oldest === undefined) return;
    waiting.delete(oldest[0]);
    this.lose(oldest[1], at);
  }

  #loseAll(key: string, at: number): void {
    for (const operation of this.#elsewhere.takeAll(key)) this.lose(operation, at);
  }

  /** The answer can now only come on another exchange, if it comes at all. */
  waitElsewhere(key: string, id: RequestId, operation: Operation, at: number): void {
    const before = this.#elsewhere.add(key, operation.direction, id, operation);
    if (before !== undefined) this.lose(before, at, 'reused-id');
  }

  /** An exchange has ended. The operations that only it could answer end too. */
  closed(exchange: Exchange, at: number, reason: CloseReason): void {
    const work = this.work.take(exchange);
    const connection = this.#streams.closed(exchange, at, reason);
    if (work !== undefined) this.#endWork(work, at, reason);
    if (work?.key === undefined) this.#loseAll(aloneKey(exchange), at);
    const httpClass = httpClassOf(exchange);
    this.#journeys.closed(exchange, httpClass, work?.answered === true, at, () => {
      const key = work?.key ?? sessionKeyOf(exchange);
      return key === undefined ? undefined : this.#registry.live.get(key);
    });
    const over = concludeExchange(exchange, httpClass, work, this.#registry, this.#emit);
    if (over !== undefined) this.endSession(over.session, at, over.reason);
    if (connection !== undefined) this.#disconnected(connection, at);
  }

  #endWork({ exchange, key, waiting, notifications }: Work, at: number, reason: CloseReason): void {
    for (const [id, operation] of waiting) {
      if (reason === 'cut-off') this.#tellCutOff(operation);
      const outcome = outcomeOfClose(exchange, reason, operation);
      if (outcome === undefined && key !== undefined) {
        operation.waitsSince = at;
        if (reason === 'client-left' && exchange.resumable) operation.leftAt = at;
        // The answer may never come, so the session counts as idle meanwhile.
        release(operation);
        this.waitElsewhere(key, id, operation, at);
      } else this.end(operation, outcome ?? { kind: 'lost' }, at);
    }
    for (const operation of notifications)
      this.end(operation, outcomeOfClose(exchange, reason, operation) ?? { kind: 'ok' }, at);
  }

  /** The one stream of an HTTP+SSE session has closed. Requests that wait for an answer on it get none. */
  #disconnected({ key, reason }: ClosedConnection, at: number): void {
    const left = isLeft(reason);
    if (left) {
      for (const operation of this.#elsewhere.takeAll(key)) {
        if (reason === 'cut-off') this.#tellCutOff(operation);
        this.end(operation, { kind: 'cancelled' }, at);
      }
    } else this.#loseAll(key, at);
    const session = this.#registry.live.get(key);
    if (session !== undefined) this.endSession(session, at, left ? 'deleted' : 'expired');
  }

  #tellCutOff({ method, target, client }: Operation): void {
    const clientLabel = this.#registry.labels.label(client, false);
    this.#emit({ kind: 'cut-off', method, target: target?.name, clientLabel });
  }

  /** Ends sessions that have been silent for too long, and calls that can no longer be answered. */
  sweep(at: number): void {
    const { live } = this.#registry;
    for (const operation of this.#elsewhere.takeAbandoned(at, (key) => live.isHeld(key))) {
      if (operation.leftAt > 0) this.end(operation, { kind: 'cancelled' }, operation.leftAt);
      else this.lose(operation, operation.waitsSince);
    }
    for (const end of this.#tasks.takeUnfetched(at)) this.#endTask(end);
    for (const probe of this.#probes.takeOlder(at)) this.#registry.settle(...probe);
    for (const session of live.idle(at)) this.endSession(session, at, 'idle');
    this.#journeys.sweep(at);
  }

  /** Ends everything: waiting requests are lost, live sessions are summed up. */
  shutdown(at: number): void {
    this.#journeys.shutdown(at);
    for (const work of this.work.takeAll()) for (const operation of work.waiting.values()) this.lose(operation, at);
    for (const key of this.#elsewhere.keys()) this.#loseAll(key, at);
    for (const end of this.#tasks.takeAll()) this.#endTask(end);
    for (const probe of this.#probes.takeAll()) this.#registry.settle(...probe);
    for (const session of this.#registry.live.values()) this.endSession(session, at, 'shutdown');
  }
}
