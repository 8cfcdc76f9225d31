import type { Attributes } from '@opentelemetry/api';
import type { SessionEvent, StreamKind } from '../session/event.ts';
import { hasReached, STAGES, type Journey } from '../session/journey.ts';
import { methodLabel, revisionLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import { isReal, type Session } from '../session/session.ts';
import type { ToolChange } from '../session/tool-changes.ts';
import type { Counter, Histogram, Recording } from './aggregation.ts';
import { DefinitionSizes } from './definition-sizes.ts';
import { observeServer, type ObservedOptions, type OpenStreams } from './observed.ts';
import { endOfJourney } from './journey-spans.ts';
import { OperationSeries } from './operation-series.ts';
import { ATTR, type MetricNameOf } from './semconv.ts';

export interface MetricOptions extends ObservedOptions {
  recording: Recording;
  /** Called when a name became `_OTHER`. */
  onFolded(): void;
}

/** Turns session events into metrics. Everything is counted once, when it ends, before sampling. */
export class MetricSink {
  readonly #options: MetricOptions;
  readonly #server: Attributes;
  readonly #operations: OperationSeries;
  readonly #relayDelay: Histogram;
  readonly #definitions: DefinitionSizes;
  /** By class and status. Each request counts here, so that no labels are made for it. */
  readonly #httpExchanges = new Map<string, Counter>();
  readonly #streams = new Map<string, OpenStreams>();
  readonly #stop: () => void;

  constructor(options: MetricOptions) {
    this.#options = options;
    this.#server = { [ATTR.server]: options.server };
    this.#operations = new OperationSeries(options.server, options.recording);
    this.#relayDelay = options.recording.histogram('relayDelay', this.#server);
    this.#definitions = new DefinitionSizes(options.onFolded);
    this.#stop = observeServer(options, { definitions: this.#definitions, streams: this.#streams });
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
      case 'tools-changed':
        this.#toolsChanged(event.changes);
        break;
      case 'journey-ended':
        this.#journey(event.journey);
        break;
      case 'journey-changed':
      case 'cut-off':
      case 'segment-opened':
      case 'client-seen':
      case 'client-changed':
      case 'notice':
      case 'refused':
        break;
    }
  }

  /** Reports no more of what is looked at when a reader asks. */
  stop(): void {
    this.#stop();
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
      // Where only spans tell of it, sizes are not known.
      if (operation.requestBytes > 0) series.requestBytes.record(operation.requestBytes);
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

  #toolsChanged(changes: readonly ToolChange[]): void {
    for (const { tool, kinds } of changes)
      for (const kind of kinds)
        this.#add('toolsChanges', { ...this.#server, [ATTR.toolName]: tool, [ATTR.change]: kind });
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

  #journey(journey: Journey): void {
    const client = this.#client(journey.clientLabel);
    for (const stage of STAGES)
      if (hasReached(journey, stage)) this.#add('connectStages', { ...client, [ATTR.connectStage]: stage });
    this.#add('connectEnded', { ...client, [ATTR.connectEnd]: endOfJourney(journey) });
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
}
