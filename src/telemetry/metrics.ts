import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import type { SessionEvent, StreamKind } from '../session/event.ts';
import { methodLabel, revisionLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import type { PeopleCount, PeopleSubject } from '../session/people.ts';
import { isReal, type Session } from '../session/session.ts';
import type { Counter, Histogram, Recording } from './aggregation.ts';
import { DefinitionSizes } from './definition-sizes.ts';
import { MAX_LABEL_SETS } from './label-sets.ts';
import { OperationSeries } from './operation-series.ts';
import { ATTR, METRIC, type MetricName, type MetricNameOf } from './semconv.ts';

export interface MetricOptions {
  meter: Meter;
  recording: Recording;
  server: string;
  sessions(): Iterable<Session>;
  verdicts(): Iterable<{ clientLabel: string; verdict: string; present: boolean }>;
  /** Who used what today. @param at milliseconds since the epoch */
  people(at: number): Iterable<PeopleCount>;
  self: OwnFigures;
  /** Called when a name became `_OTHER`. */
  onFolded(): void;
  now(): number;
}

/** Our own figures. Figures per signal (`spans`, `logs`, `store`) cover the signals that are on. */
export interface OwnFigures {
  copiesDropped(): number;
  observerRestarts(): number;
  exportFailures(): number;
  labelsFolded(): number;
  tracesWithheld(): number;
  itemsLost(): Readonly<Record<string, number>>;
  spoolItems(): Readonly<Record<string, number>>;
  spoolBytes(): Readonly<Record<string, number>>;
}

const ACTIVE_MS = 60_000;
const COUNTED = ['copiesDropped', 'observerRestarts', 'exportFailures', 'labelsFolded', 'tracesWithheld'] as const;

const USERS = [
  ['server', 'serverUsers'],
  ['client', 'clientUsers'],
  ['tool', 'toolUsers'],
] as const satisfies readonly (readonly [PeopleSubject, MetricName])[];

/** Turns session events into metrics. Everything is counted once, when it ends, before sampling. */
export class MetricSink {
  readonly #options: MetricOptions;
  readonly #server: Attributes;
  readonly #operations: OperationSeries;
  readonly #relayDelay: Histogram;
  readonly #definitions: DefinitionSizes;
  /** By class and status. Each request counts here, so that no labels are made for it. */
  readonly #httpExchanges = new Map<string, Counter>();
  /** Label sets that once had open sessions. They are reported as 0, so that the series returns to zero instead of ending. */
  readonly #openBefore = new Map<string, Attributes>();
  readonly #streams = new Map<string, { stream: StreamKind; clientLabel: string; open: number }>();

  constructor(options: MetricOptions) {
    this.#options = options;
    this.#server = { [ATTR.server]: options.server };
    this.#operations = new OperationSeries(options.server, options.recording);
    this.#relayDelay = options.recording.histogram('relayDelay', this.#server);
    this.#definitions = new DefinitionSizes(options.onFolded);
    this.#observe();
  }

  take(event: SessionEvent): void {
    switch (event.kind) {
      case 'operation-ended':
        this.#operation(event.operation);
        break;
      case 'session-opened':
        if (event.session.throwAway || event.session.resumed) break;
        this.#add('sessions', {
          ...this.#of(event.session),
          [ATTR.era]: event.session.era,
          [ATTR.sessionOpened]: event.session.opened,
        });
        break;
      case 'session-used':
        this.#add('sessionsUsed', this.#of(event.session));
        break;
      case 'session-ended':
        if (event.counted) this.#sessionEnded(event.session, event.reason);
        break;
      case 'handshake-avoidable':
        this.#add('handshakesAvoidable', this.#client(event.clientLabel));
        break;
      case 'notified':
        this.#add('notifications', {
          ...this.#client(event.clientLabel),
          [ATTR.method]: methodLabel(event.method),
          [ATTR.direction]: event.direction,
        });
        break;
      case 'cancelled':
        this.#add('cancellations', { ...this.#client(event.clientLabel), [ATTR.method]: methodLabel(event.method) });
        break;
      case 'http-rejected': {
        const labels: Attributes = { ...this.#client(event.clientLabel), [ATTR.httpStatusCode]: event.status };
        if (event.method !== undefined) labels[ATTR.method] = methodLabel(event.method);
        this.#add('httpRejections', labels);
        break;
      }
      case 'http-exchange':
        this.#httpExchange(event.httpClass, event.status).increment();
        break;
      case 'stream-opened':
        this.#stream(event.stream, event.clientLabel, 1);
        break;
      case 'stream-closed':
        this.#stream(event.stream, event.clientLabel, -1);
        this.#record('streamDuration', event.seconds, {
          ...this.#client(event.clientLabel),
          [ATTR.streamKind]: event.stream,
        });
        break;
      case 'forwarded':
        this.#relayDelay.record(event.delaySeconds);
        break;
      case 'anomaly':
        this.#add('anomalies', { ...this.#server, [ATTR.anomaly]: event.what });
        break;
      case 'tools-listed':
        this.#definitions.listed(event.tools, event.at);
        break;
      case 'segment-opened':
      case 'client-seen':
      case 'client-changed':
      case 'notice':
      case 'refused':
        break;
    }
  }

  #operation(operation: EndedOperation): void {
    const seconds = Math.max(0, operation.endedAt - operation.startedAt) / 1_000;
    const { clientLabel, counted } = operation;
    if (operation.serverSpans !== undefined) this.#serverSpans(clientLabel, operation.serverSpans);
    if (operation.handshake !== undefined) {
      const kind = { ...this.#client(clientLabel), [ATTR.handshakeKind]: operation.handshake };
      this.#add('handshakes', { ...kind, [ATTR.era]: operation.era });
      this.#record('handshakeDuration', seconds, kind);
    }
    for (const { rule } of operation.broken ?? [])
      this.#add('lintViolations', { ...this.#client(clientLabel), [ATTR.lintRule]: rule });
    // A client sends again what HTTP refused, and the duration of a standing stream is not a latency.
    if (counted.turnedAway) return;
    const series = this.#operations.of(operation);
    if (operation.method !== 'subscriptions/listen') series.duration.record(seconds);
    if (operation.form === 'request') {
      series.requestBytes.record(operation.requestBytes);
      if (operation.responseBytes > 0) series.responseBytes.record(operation.responseBytes);
    }
    if (operation.discovery !== undefined) {
      this.#add('discoveries', {
        ...this.#client(clientLabel),
        [ATTR.method]: methodLabel(operation.method),
        [ATTR.avoidable]: String(operation.discovery.avoidable),
      });
    }
    if (!counted.toolCall) return;
    series.toolCall.increment();
    if (operation.repeat !== undefined) this.#repeated(operation);
    if (operation.unknownTool) this.#add('toolsUnknown', this.#client(clientLabel));
  }

  #serverSpans(clientLabel: string, { spans, dropped }: NonNullable<EndedOperation['serverSpans']>): void {
    const labels = this.#client(clientLabel);
    const { recording } = this.#options;
    if (spans.length > 0) recording.counter('serverSpans', labels).increment(spans.length);
    for (const [reason, number] of dropped)
      recording.counter('serverSpansDropped', { ...labels, [ATTR.reason]: reason }).increment(number);
  }

  #repeated({ clientLabel, targetLabel }: EndedOperation): void {
    this.#add('toolCallsRepeated', {
      ...this.#client(clientLabel),
      ...(targetLabel !== undefined && { [ATTR.toolName]: targetLabel }),
    });
  }

  #sessionEnded(session: Session, reason: string): void {
    const labels = this.#of(session);
    this.#add('sessionsEnded', {
      ...labels,
      [ATTR.endReason]: reason,
      [ATTR.sessionEmpty]: String(session.toolCalls === 0),
    });
    this.#record('sessionToolCalls', session.toolCalls, labels);
    const standard: Attributes = this.#client(session.clientLabel);
    if (session.protocolVersion !== undefined) standard[ATTR.protocolVersion] = revisionLabel(session.protocolVersion);
    if (session.source === 'header') standard[ATTR.networkProtocolName] = 'http';
    if (isReal(session.source))
      this.#record('serverSession', Math.max(0, session.lastAt - session.openedAt) / 1_000, standard);
  }

  #httpExchange(httpClass: string, status: number): Counter {
    const key = `${httpClass} ${status}`;
    const known = this.#httpExchanges.get(key);
    if (known !== undefined) return known;
    const labels = { ...this.#server, [ATTR.httpClass]: httpClass, [ATTR.httpStatusCode]: status };
    const counter = this.#options.recording.counter('httpExchanges', labels);
    this.#httpExchanges.set(key, counter);
    return counter;
  }

  #stream(stream: StreamKind, clientLabel: string, by: number): void {
    const key = `${stream}\0${clientLabel}`;
    const entry = this.#streams.get(key) ?? { stream, clientLabel, open: 0 };
    entry.open += by;
    this.#streams.set(key, entry);
  }

  #client(clientLabel: string): Attributes {
    return { [ATTR.client]: clientLabel, [ATTR.server]: this.#options.server };
  }

  #of(session: Session): Attributes {
    return { ...this.#client(session.clientLabel), [ATTR.sessionSource]: session.source };
  }

  #add(name: MetricNameOf<'counter'>, labels: Attributes): void {
    this.#options.recording.counter(name, labels).increment();
  }

  #record(name: MetricNameOf<'histogram'>, value: number, labels: Attributes): void {
    this.#options.recording.histogram(name, labels).record(value);
  }

  #observe(): void {
    const { meter, self, sessions, verdicts, now } = this.#options;
    const definition = (name: MetricName): [string, { unit: string; description: string }] => {
      const { name: full, unit, description } = METRIC[name];
      return [full, { unit, description }];
    };
    meter
      .createObservableUpDownCounter(...definition('sessionsOpen'))
      .addCallback((result) => this.#openSessions(result, sessions(), now()));
    meter.createObservableGauge(...definition('clientVerdict')).addCallback((result) => {
      for (const { clientLabel, verdict, present } of verdicts()) {
        result.observe(present ? 1 : 0, { ...this.#client(clientLabel), [ATTR.verdict]: verdict });
      }
    });
    meter.createObservableGauge(...definition('toolsDefinition')).addCallback((result) => {
      for (const [tool, bytes] of this.#definitions.all())
        result.observe(bytes, { ...this.#server, [ATTR.toolName]: tool });
    });
    for (const [subject, name] of USERS)
      meter
        .createObservableGauge(...definition(name))
        .addCallback((result) => this.#users(result, subject, this.#options.people(now())));
    meter.createObservableUpDownCounter(...definition('streamsOpen')).addCallback((result) => {
      for (const { stream, clientLabel, open } of this.#streams.values()) {
        result.observe(open, { ...this.#client(clientLabel), [ATTR.streamKind]: stream });
      }
    });
    for (const name of COUNTED) {
      meter
        .createObservableCounter(...definition(name))
        .addCallback((result) => result.observe(self[name](), this.#server));
    }
    const bySignal = (read: () => Readonly<Record<string, number>>) => (result: ObservableResult) => {
      for (const [signal, value] of Object.entries(read()))
        result.observe(value, { ...this.#server, [ATTR.signal]: signal });
    };
    meter.createObservableCounter(...definition('itemsLost')).addCallback(bySignal(() => self.itemsLost()));
    for (const name of ['spoolItems', 'spoolBytes'] as const)
      meter.createObservableUpDownCounter(...definition(name)).addCallback(bySignal(() => self[name]()));
  }

  #users(result: ObservableResult, asked: PeopleSubject, people: Iterable<PeopleCount>): void {
    for (const { subject, name, who, number } of people) {
      if (subject !== asked) continue;
      const labels: Attributes = { ...this.#server, [ATTR.userKind]: who };
      if (subject === 'client') labels[ATTR.client] = name;
      if (subject === 'tool') labels[ATTR.toolName] = name;
      result.observe(number, labels);
    }
  }

  #openSessions(result: ObservableResult, sessions: Iterable<Session>, at: number): void {
    const counts = new Map<string, number>();
    for (const session of sessions) {
      if (session.throwAway) continue;
      const state = at - session.lastAt < ACTIVE_MS ? 'active' : 'quiet';
      const key = `${session.clientLabel}\0${session.source}\0${state}`;
      if (!this.#openBefore.has(key) && this.#openBefore.size < MAX_LABEL_SETS)
        this.#openBefore.set(key, { ...this.#of(session), [ATTR.state]: state });
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, labels] of this.#openBefore) result.observe(counts.get(key) ?? 0, labels);
  }
}
