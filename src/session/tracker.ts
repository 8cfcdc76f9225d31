import type { JsonObject } from '../observe/json-object.ts';
import type { Message, RequestId } from '../observe/message.ts';
import type { Exchange, Observation } from '../observe/observation.ts';
import { textOfMember } from '../observe/skim.ts';
import type { CloseReason, Direction } from '../transport/wire/wire-event.ts';
import { SessionRegistry, type RegistryOptions } from './session-registry.ts';
import { Cancellations } from './cancellation.ts';
import { clientFromHeaders } from './client.ts';
import { concludeExchange } from './conclude.ts';
import type { FindConversation } from './conversation.ts';
import { forgetDiscovery } from './discovery.ts';
import { derivedKeyOf } from './grouping.ts';
import { attachNotification } from './notes.ts';
import { mirrorsBody } from './mirrored.ts';
import { isToolCall, release, type EndedOperation, type Operation, type Outcome } from './operation.ts';
import { PendingElsewhere } from './pending.ts';
import type { EndReason, Session } from './session.ts';
import { outcomeOfAnswer, outcomeOfClose } from './settle.ts';
import { startClientOperation, startServerOperation, type StartOptions } from './start.ts';
import { Rounds } from './rounds.ts';
import { cameBefore, isGet, Streams } from './streams.ts';
import { ToolSurface } from './surface.ts';
import { aloneKey, OpenWork, sessionKeyOf, type Work } from './work.ts';

export interface TrackerOptions extends RegistryOptions {
  findConversation: FindConversation;
  capture: { arguments: boolean; results: boolean };
  /** The upstream's part of an operation gets a span of its own. */
  legs: boolean;
  /** What tools are offered is told of. */
  surface?: boolean;
}

type Answer = Extract<Message, { kind: 'result' | 'error' }>;
type Heard = Extract<Observation, { kind: 'message' }>;

/** Observations in, session events out: the one place that knows what a message means. */
export class Tracker {
  readonly registry: SessionRegistry;
  readonly #options: TrackerOptions;
  readonly #work: OpenWork;
  readonly #elsewhere: PendingElsewhere;
  readonly #streams: Streams;
  readonly #rounds = new Rounds();
  readonly #startOptions: StartOptions;
  readonly #cancellations: Cancellations;
  readonly #surface: ToolSurface | undefined;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#surface = options.surface === true ? new ToolSurface() : undefined;
    this.registry = new SessionRegistry(options);
    this.#streams = new Streams(this.registry.live, options.emit);
    this.#elsewhere = new PendingElsewhere((operation) => this.#lose(operation, operation.startedAt));
    this.#work = new OpenWork(this.#elsewhere);
    this.#cancellations = new Cancellations(this.#work, this.#elsewhere, {
      end: (operation, outcome, at) => this.#end(operation, outcome, at),
      tell: ({ method, client }) =>
        options.emit({ kind: 'cancelled', method, clientLabel: this.registry.labels.label(client, false) }),
    });
    const { live } = this.registry;
    this.#startOptions = {
      group: options.group,
      listensOnLoopback: options.listensOnLoopback,
      findConversation: options.findConversation,
      session: (key) => live.get(key),
      remembered: (key) => live.past(key)?.client,
      introductions: this.registry.introductions,
      legs: options.legs,
    };
  }

  take(observation: Observation): void {
    const { at } = observation;
    switch (observation.kind) {
      case 'requested':
        this.#options.emit({
          kind: 'forwarded',
          delaySeconds: Math.max(0, observation.exchange.sentAt - observation.exchange.requestedAt) / 1_000,
        });
        break;
      case 'message':
        if (observation.direction === 'to-server') this.#fromClient(observation);
        else this.#fromServer(observation);
        break;
      case 'answered':
        this.#answered(observation.exchange, at);
        break;
      case 'endpoint':
        this.#streams.named(observation.exchange);
        break;
      case 'closed':
        this.#closed(observation.exchange, at, observation.reason);
        break;
      case 'anomaly':
        this.#options.emit({ kind: 'anomaly', what: observation.what });
        break;
    }
  }

  /** Something odd that no observation tells of. */
  note(what: 'observer-fault' | 'request-trailers'): void {
    this.#options.emit({ kind: 'anomaly', what });
  }

  /** Ends what has been silent for too long, and calls to which no client came back. */
  sweep(at: number): void {
    for (const operation of this.#elsewhere.takeAbandoned(at, (key) => this.registry.live.isHeld(key))) {
      this.#end(operation, { kind: 'cancelled' }, operation.leftAt);
    }
    for (const session of this.registry.live.idle(at)) this.end(session, at, 'idle');
  }

  /** Ends a session: what waits in it has no answer any more. */
  end(session: Session, at: number, reason: EndReason): void {
    this.#loseAll(session.key, at);
    this.registry.end(session, at, reason);
  }

  /** Ends everything: what waits is lost, what lives is summed up. */
  shutdown(at: number): void {
    for (const work of this.#work.takeAll()) for (const operation of work.waiting.values()) this.#lose(operation, at);
    for (const key of this.#elsewhere.keys()) this.#loseAll(key, at);
    for (const session of this.registry.live.values()) this.end(session, at, 'shutdown');
  }

  #answered(exchange: Exchange, at: number): void {
    if (exchange.answer?.mediaType !== 'text/event-stream' || exchange.answer.status !== 200) return;
    const work = this.#work.get(exchange);
    const listening = work?.method === 'subscriptions/listen';
    if (!isGet(exchange) && !listening) return;
    const [first] = work?.waiting.values() ?? [];
    const client = this.#sessionOf(work, exchange)?.client ?? first?.client ?? clientFromHeaders(exchange.request);
    this.#streams.opened(exchange, at, listening ? 'listen' : 'get', this.registry.labels.label(client, true));
  }

  #fromClient(observation: Heard): void {
    const { exchange, message, at, bytes, single } = observation;
    const work = this.#work.of(exchange);
    if (message.kind === 'result' || message.kind === 'error') {
      this.#answeredByClient(work, message, at, bytes);
      return;
    }
    if (message.kind === 'malformed') return;
    if (message.method === 'notifications/progress') {
      this.#notified(message.method, 'to-server', this.#sessionOf(work, exchange), exchange);
      return;
    }
    const operation = startClientOperation(exchange, message, at, bytes, single, this.#startOptions);
    work.key ??= operation.grouping?.key;
    operation.heldSession = this.#sessionOf(work, exchange);
    if (operation.heldSession !== undefined) operation.heldSession.inFlight++;
    work.method ??= message.method;
    work.client ??= operation.client;
    if (operation.era === 'modern') work.modern = true;
    if (this.#options.capture.arguments && isToolCall(operation))
      operation.capturedArguments = textOfMember(observation.text, ['params', 'arguments']);
    this.#rounds.began(operation, message.params, observation.text);
    if (message.kind === 'notification') {
      // Nothing acknowledges what is written to a process.
      if (exchange.request.carrier === 'stdio') this.#end(operation, { kind: 'ok' }, at);
      else work.notifications.push(operation);
      this.#notified(message.method, 'to-server', this.#sessionOf(work, exchange), exchange);
      if (message.method === 'notifications/cancelled') this.#cancellations.byClient(work, message.params, at);
      return;
    }
    const before = work.waiting.get(message.id);
    if (before !== undefined) this.#lose(before, at, 'reused-id');
    work.waiting.set(message.id, operation);
    if (single && !mirrorsBody(exchange.request, message.method, message.params))
      this.#options.emit({ kind: 'anomaly', what: 'header-mismatch' });
  }

  #fromServer(observation: Heard): void {
    const { exchange, message, at, bytes, eventId } = observation;
    const work = this.#work.of(exchange);
    const session = this.#sessionOf(work, exchange);
    // Asked once for each event, not for each message of a batch in it.
    if (observation.first)
      work.repeated = eventId !== undefined && session !== undefined && cameBefore(session, eventId);
    if (work.repeated) return;
    switch (message.kind) {
      case 'result':
      case 'error':
        work.answered = true;
        this.#answeredByServer(work, message, at, bytes, observation.text);
        break;
      case 'request': {
        // On a stream of its own the call is known; a process has one stream for all.
        const [first, ...others] = work.waiting.values();
        const parent = exchange.request.carrier === 'stdio' && others.length > 0 ? undefined : first;
        const operation = startServerOperation(exchange, message, at, bytes, parent, session);
        this.#waitElsewhere(work.key ?? aloneKey(exchange), message.id, operation, at);
        break;
      }
      case 'notification':
        if (session !== undefined) forgetDiscovery(session, message.method);
        if (message.method === 'notifications/cancelled') this.#cancellations.byServer(work, message.params, at);
        attachNotification(work.waiting, message, at);
        this.#notified(message.method, 'to-client', session, exchange);
        break;
      case 'malformed':
        break;
    }
  }

  #answeredByServer(work: Work, message: Answer, at: number, bytes: number, text: Uint8Array): void {
    const operation = this.#work.claim(work, message.id);
    if (operation === undefined) {
      if (message.id !== undefined && work.givenUp?.delete(message.id) === true) return;
      // A refusal of a notification, of GET or of DELETE may come with an error that has no id.
      const refusal = message.id === undefined && work.waiting.size === 0 && (work.exchange.answer?.status ?? 0) >= 400;
      if (!refusal && work.notifications.length === 0)
        this.#options.emit({ kind: 'anomaly', what: 'unmatched-response' });
      return;
    }
    operation.responseBytes = bytes;
    if (this.#options.capture.results && message.kind === 'result' && isToolCall(operation))
      operation.capturedResult = textOfMember(text, ['result']);
    const result = message.kind === 'result' ? message.result : undefined;
    const ended = this.#end(operation, outcomeOfAnswer(message, operation), at, result);
    if (result !== undefined) this.#rounds.answered(ended, result, text);
    if (operation.method === 'tools/list') {
      const tools = this.#surface?.listed(text, at);
      if (tools !== undefined) this.#options.emit({ kind: 'tools-listed', at, tools });
    }
  }

  #sessionOf(work: Work | undefined, exchange: Exchange): Session | undefined {
    const key = work?.key ?? sessionKeyOf(exchange);
    return key === undefined ? undefined : this.registry.live.get(key);
  }

  #notified(method: string, direction: Direction, session: Session | undefined, exchange: Exchange): void {
    const clientLabel = session?.clientLabel ?? this.registry.labels.label(clientFromHeaders(exchange.request), false);
    this.#options.emit({ kind: 'notified', method, direction, clientLabel });
  }

  #answeredByClient(work: Work, message: Answer, at: number, bytes: number): void {
    work.key ??= sessionKeyOf(work.exchange);
    const operation =
      message.id === undefined
        ? undefined
        : this.#elsewhere.take(
            work.key ?? derivedKeyOf(work.exchange.request, this.#options) ?? '',
            'to-client',
            message.id,
          );
    if (operation === undefined) {
      this.#options.emit({ kind: 'anomaly', what: 'unmatched-response' });
      return;
    }
    operation.responseBytes = bytes;
    this.#end(operation, outcomeOfAnswer(message, operation), at);
  }

  #closed(exchange: Exchange, at: number, reason: CloseReason): void {
    const work = this.#work.take(exchange);
    this.#streams.closed(exchange, at);
    if (work !== undefined) {
      for (const [id, operation] of work.waiting) {
        const outcome = outcomeOfClose(exchange, reason, operation);
        if (outcome === undefined && work.key !== undefined) {
          if (reason === 'client-left') operation.leftAt = at;
          // The answer may never come: the session is idle meanwhile.
          release(operation);
          this.#waitElsewhere(work.key, id, operation, at);
        } else this.#end(operation, outcome ?? { kind: 'lost' }, at);
      }
      for (const operation of work.notifications)
        this.#end(operation, outcomeOfClose(exchange, reason, operation) ?? { kind: 'ok' }, at);
    }
    if (work?.key === undefined) this.#loseAll(aloneKey(exchange), at);
    const over = concludeExchange(exchange, work, this.registry, this.#options.emit);
    if (over !== undefined) this.end(over.session, at, over.reason);
  }

  #waitElsewhere(key: string, id: RequestId, operation: Operation, at: number): void {
    const before = this.#elsewhere.add(key, operation.direction, id, operation);
    if (before !== undefined) this.#lose(before, at, 'reused-id');
  }

  #lose(operation: Operation, at: number, what: 'lost' | 'reused-id' = 'lost'): void {
    this.#options.emit({ kind: 'anomaly', what });
    this.#end(operation, operation.cancelled ? { kind: 'cancelled' } : { kind: 'lost' }, at);
  }

  #loseAll(key: string, at: number): void {
    for (const operation of this.#elsewhere.takeAll(key)) this.#lose(operation, at);
  }

  #end(operation: Operation, outcome: Outcome, at: number, result?: JsonObject): EndedOperation {
    if (outcome.kind === 'cancelled') this.#cancellations.mark(operation);
    release(operation);
    const { operation: ended, overfull } = this.registry.settle(operation, outcome, at, result);
    if (overfull !== undefined) this.end(overfull, at, 'evicted');
    return ended;
  }
}
