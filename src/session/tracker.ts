import type { Message } from '../observe/message.ts';
import type { Exchange, Observation } from '../observe/observation.ts';
import { offersSpans, readSentSpans } from '../observe/sent-spans.ts';
import { textOfMember } from '../observe/skim.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import { SessionRegistry, type RegistryOptions } from './session-registry.ts';
import { clientFromHeaders } from './client.ts';
import type { FindConversation } from './conversation.ts';
import { forgetDiscovery } from './discovery.ts';
import { derivedKeyOf } from './grouping.ts';
import { attachNotification } from './notes.ts';
import { Lint } from './lint.ts';
import { mirrorsBody } from './mirrored.ts';
import { Endings } from './endings.ts';
import { isToolCall } from './operation.ts';
import type { EndReason, Session } from './session.ts';
import { Journeys } from './journeys.ts';
import { outcomeOfAnswer } from './settle.ts';
import { startClientOperation, startServerOperation, type StartOptions } from './start.ts';
import { Notices } from './notices.ts';
import { UnmatchedAnswers } from './unmatched.ts';
import { OwnRefusals } from './own-refusals.ts';
import { Rounds } from './rounds.ts';
import { cameBefore, isGet, Streams } from './streams.ts';
import { ToolWatch } from './tool-watch.ts';
import { aloneKey, MAX_WAITING_PER_EXCHANGE, sessionKeyOf, type Work } from './work.ts';
import { toolErrorText } from './tool-error.ts';

export interface TrackerOptions extends RegistryOptions {
  findConversation: FindConversation;
  capture: { arguments: boolean; results: boolean };
  /** The upstream's part of an operation gets a span of its own. */
  legs: boolean;
  /** Read the spans that the server sends with answers. */
  serverSpans?: boolean;
  /** The path of the server. */
  mcpPath?: string | undefined;
  /** Report the tools that are offered. */
  surface?: boolean;
}

type Answer = Extract<Message, { kind: 'result' | 'error' }>;
type Heard = Extract<Observation, { kind: 'message' }>;

/** Observations in, session events out: the one place that knows what a message means. */
export class Tracker {
  readonly registry: SessionRegistry;
  /** Undefined: nobody asks for what is offered. */
  readonly tools: ToolWatch | undefined;
  readonly #options: TrackerOptions;
  readonly #streams: Streams;
  readonly #rounds = new Rounds();
  readonly #startOptions: StartOptions;
  readonly #endings: Endings;
  readonly #lint = new Lint();
  readonly #unmatched: UnmatchedAnswers;
  readonly #ownRefusals: OwnRefusals;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.tools = options.surface === true ? new ToolWatch(options.emit) : undefined;
    this.registry = new SessionRegistry(options);
    const notices = new Notices(options.emit);
    this.#ownRefusals = new OwnRefusals(options.emit);
    this.#unmatched = new UnmatchedAnswers(notices);
    this.#streams = new Streams(this.registry.live, notices, options.emit);
    const { labels } = this.registry;
    const journeys = new Journeys({
      ...options,
      mcpPath: options.mcpPath,
      label: (client, earned) => labels.label(client, earned),
    });
    this.#endings = new Endings(this.registry, this.#streams, journeys, options.emit);
    const { live } = this.registry;
    this.#startOptions = {
      group: options.group,
      listensOnLoopback: options.listensOnLoopback,
      findConversation: options.findConversation,
      session: (key) => live.get(key),
      remembered: (key) => live.past(key),
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
        this.#streams.named(observation.exchange, at);
        break;
      case 'closed':
        this.#endings.closed(observation.exchange, at, observation.reason);
        break;
      case 'refused':
        this.#ownRefusals.report(observation.status, observation.text, at);
        break;
      case 'anomaly':
        this.#options.emit({ kind: 'anomaly', what: observation.what });
        break;
    }
  }

  /** Counts something odd for which there is no observation. */
  note(what: 'observer-fault'): void {
    this.#options.emit({ kind: 'anomaly', what });
  }

  sweep(at: number): void {
    this.#endings.sweep(at);
    this.tools?.sweep(at);
  }

  /** Ends a session now. */
  end(session: Session, at: number, reason: EndReason): void {
    this.#endings.endSession(session, at, reason);
  }

  /** Ends everything: what waits is lost, what lives is summed up. */
  shutdown(at: number): void {
    this.#endings.shutdown(at);
  }

  #answered(exchange: Exchange, at: number): void {
    if (exchange.answer?.mediaType !== 'text/event-stream' || exchange.answer.status !== 200) return;
    const work = this.#endings.work.get(exchange);
    const listening = work?.method === 'subscriptions/listen';
    if (!isGet(exchange) && !listening) return;
    const [first] = work?.waiting.values() ?? [];
    const client = this.#sessionOf(work, exchange)?.client ?? first?.client ?? clientFromHeaders(exchange.request);
    this.#streams.opened(exchange, at, listening ? 'listen' : 'get', this.registry.labels.label(client, true));
  }

  #fromClient(observation: Heard): void {
    const { exchange, message, at, bytes, single } = observation;
    this.#streams.recognize(exchange);
    const work = this.#endings.work.of(exchange);
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
    if (operation.era === 'modern') {
      work.modern = true;
      this.#lint.asked(operation, message.params, single);
    }
    if (isToolCall(operation))
      operation.fingerprint = this.registry.loops.fingerprintOf(operation.target?.name ?? '', observation.text);
    if (this.#options.capture.arguments && isToolCall(operation))
      operation.capturedArguments = textOfMember(observation.text, ['params', 'arguments']);
    this.#rounds.began(operation, message.params, observation.text);
    if (message.kind === 'notification') {
      // Nothing acknowledges what is written to a process.
      if (exchange.request.carrier === 'stdio') this.#endings.end(operation, { kind: 'ok' }, at);
      else work.notifications.push(operation);
      this.#notified(message.method, 'to-server', this.#sessionOf(work, exchange), exchange);
      if (message.method === 'notifications/cancelled') this.#endings.cancellations.byClient(work, message.params, at);
      return;
    }
    const before = work.waiting.get(message.id);
    if (before !== undefined) this.#endings.lose(before, at, 'reused-id');
    work.waiting.set(message.id, operation);
    if (work.waiting.size > MAX_WAITING_PER_EXCHANGE) this.#endings.loseOldest(work, at);
    if (single && !mirrorsBody(exchange.request, message.method, message.params))
      this.#options.emit({ kind: 'anomaly', what: 'header-mismatch' });
  }

  #fromServer(observation: Heard): void {
    const { exchange, message, at, bytes, eventId } = observation;
    const work = this.#endings.work.of(exchange);
    const session = this.#sessionOf(work, exchange);
    // Asked once for each event, not for each message of a batch in it.
    if (observation.first)
      work.repeated = eventId !== undefined && session !== undefined && cameBefore(session, eventId);
    // An answer that a request still waits for is new, whatever its event id.
    const again = work.repeated && exchange.request.lastEventId !== undefined;
    if (again && message.kind !== 'result' && message.kind !== 'error') return;
    switch (message.kind) {
      case 'result':
      case 'error':
        work.answered = true;
        this.#answeredByServer(work, message, observation, again);
        break;
      case 'request': {
        // On a stream of its own the call is known; a process has one stream for all.
        const [first, ...others] = work.waiting.values();
        const parent = exchange.request.carrier === 'stdio' && others.length > 0 ? undefined : first;
        if (parent !== undefined) this.#lint.askedByServer(parent);
        const operation = startServerOperation(exchange, message, at, bytes, parent, session);
        this.#endings.waitElsewhere(work.key ?? aloneKey(exchange), message.id, operation, at);
        break;
      }
      case 'notification':
        if (session !== undefined) forgetDiscovery(session, message.method);
        if (message.method === 'notifications/cancelled')
          this.#endings.cancellations.byServer(work, message.params, at);
        if (message.method.startsWith('notifications/tasks'))
          this.#endings.taskNotified(message.params, observation.text, at);
        attachNotification(this.#endings.matching.ofNotification(work, message), message, at);
        this.#notified(message.method, 'to-client', session, exchange);
        break;
      case 'malformed':
        break;
    }
  }

  #answeredByServer(work: Work, message: Answer, { at, bytes, text, eventId }: Heard, again: boolean): void {
    const operation = this.#endings.matching.takeAnswered(work, message.id);
    if (operation === undefined) {
      // Delivered again, and answered already.
      if (again) return;
      if (message.id !== undefined && this.#endings.cancellations.isLate(work.key, message.id)) return;
      // A refusal of a notification, of GET or of DELETE may come with an error that has no id.
      const refusal = message.id === undefined && work.waiting.size === 0 && (work.exchange.answer?.status ?? 0) >= 400;
      if (refusal || work.notifications.length > 0) return;
      const doubted = this.#endings.matching.doubt(work, at);
      // Some servers give all events one id: only where nobody waits is it an answer that was seen before.
      if (doubted === undefined && work.repeated) return;
      this.#options.emit({ kind: 'anomaly', what: 'unmatched-response' });
      const unmatched = { exchange: work.exchange, eventId, answered: message.id, sent: doubted?.requestId };
      this.#unmatched.unmatched(work.key, unmatched, at);
      return;
    }
    this.#unmatched.matched(work.key);
    this.#endings.matching.passOnDoubt(operation, work);
    operation.responseBytes = bytes;
    if (this.#options.capture.results && message.kind === 'result' && isToolCall(operation))
      operation.capturedResult = textOfMember(text, ['result']);
    const result = message.kind === 'result' ? message.result : undefined;
    // Errors are few and small.
    if (this.#options.serverSpans === true && (message.kind === 'error' || offersSpans(result)))
      operation.sentSpans = readSentSpans(text, message.kind);
    if (operation.era === 'modern') this.#lint.answered(operation, message);
    const outcome = outcomeOfAnswer(message, operation);
    if (outcome.kind === 'tool-error') operation.toolErrorText = toolErrorText(text);
    const placement = this.#endings.answered(operation, outcome, at, result, text);
    if (result !== undefined && placement !== undefined) this.#rounds.answered(operation, placement, result, text);
    if (operation.method === 'tools/list' && result !== undefined) this.tools?.answered(operation, result, text, at);
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
        : this.#endings.matching.takeAnsweredByClient(
            work.key ?? derivedKeyOf(work.exchange.request, this.#options) ?? '',
            message.id,
          );
    if (operation === undefined) {
      this.#options.emit({ kind: 'anomaly', what: 'unmatched-response' });
      return;
    }
    operation.responseBytes = bytes;
    this.#endings.end(operation, outcomeOfAnswer(message, operation), at);
  }
}
