import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Link,
  type Tracer,
} from '@opentelemetry/api';
import type { SessionEvent } from '../session/event.ts';
import type { Operation } from '../session/operation.ts';
import type { Session } from '../session/session.ts';
import type { RootIds } from '../transport/trace-id.ts';
import { randomSpanId } from '../transport/trace-id.ts';
import { errorTypeOf, operationAttributes, sessionAttributes, spanNameOf, type ServerAddress } from './attributes.ts';
import type { ChosenIds } from './ids.ts';
import type { Sampler } from '../transport/sampling.ts';
import type { TraceParent } from '../transport/trace-parent.ts';
import type { Privacy } from './privacy.ts';
import { ATTR, SPAN } from './semconv.ts';

export interface SpanOptions {
  tracer: Tracer;
  ids: ChosenIds;
  server: ServerAddress;
  privacy: Privacy;
  sampler: Sampler;
  /** The caller's sampling decision counts in the caller's trace. */
  followsCaller: boolean;
  /** Adds to our clock what the wall clock is ahead of it, in milliseconds. */
  skew(): number;
}

const MARKER_MILLISECONDS = 0.001;

/** Session events as spans: each is made when it has ended, with explicit times, so nothing is held open. */
export function createSpanSink(options: SpanOptions): (event: SessionEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'session-opened':
        // One that was open before us has its root elsewhere.
        if (event.session.opened !== 'attached' && !event.session.resumed)
          root(options, event.session, event.session.root, event.at, []);
        break;
      case 'segment-opened': {
        const { session, previous } = event;
        const links = [session.root, ...(previous.traceId === session.root.traceId ? [] : [previous])].map(linkTo);
        root(options, session, session.segmentRoot, event.at, links);
        break;
      }
      case 'operation-ended':
        if (!event.operation.withheld) operationSpan(options, event.operation);
        break;
      case 'session-ended':
        summary(options, event);
        break;
      default:
        break;
    }
  };
}

function root(options: SpanOptions, session: Session, ids: RootIds, at: number, links: Link[]): void {
  const attributes = sessionAttributes(session, options.server.name, options.privacy);
  attributes[ATTR.sessionSegment] = session.segment;
  span(options, {
    name: SPAN.session,
    kind: SpanKind.INTERNAL,
    traceId: ids.traceId,
    spanId: ids.spanId,
    attributes,
    links,
    from: at,
    to: at + MARKER_MILLISECONDS,
  });
}

function operationSpan(options: SpanOptions, operation: Operation): void {
  const { placement } = operation;
  if (placement === undefined) return;
  const errorType = errorTypeOf(operation);
  span(options, {
    name: spanNameOf(operation),
    kind: operation.direction === 'to-server' ? SpanKind.SERVER : SpanKind.CLIENT,
    traceId: placement.traceId,
    spanId: operation.spanId,
    parentSpanId: placement.parentSpanId,
    caller: placement.caller,
    attributes: operationAttributes(operation, options.server, options.privacy),
    links: placement.links.map(linkTo),
    from: operation.startedAt,
    to: operation.endedAt,
    before: (started) => {
      for (const { name, at, attributes } of operation.events)
        started.addEvent(name, attributes, timeOf(at + options.skew()));
      if (operation.eventsDropped > 0) started.setAttribute('mcpspan.events_dropped', operation.eventsDropped);
      if (errorType === undefined) return;
      const { outcome } = operation;
      const message = outcome.kind === 'rpc-error' ? options.privacy.errorMessage(outcome.message) : undefined;
      started.setStatus(
        message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message },
      );
    },
  });
}

function summary(options: SpanOptions, { session, reason }: Extract<SessionEvent, { kind: 'session-ended' }>): void {
  const { totals } = session;
  const attributes: Attributes = {
    ...sessionAttributes(session, options.server.name, options.privacy),
    [ATTR.endReason]: reason,
    [ATTR.summaryOperations]: totals.operations,
    [ATTR.summaryToolCalls]: totals.toolCalls,
    [ATTR.summaryToolErrors]: totals.toolErrors,
    [ATTR.summaryErrors]: totals.errors,
    [ATTR.summaryHandshakes]: totals.handshakes,
    [ATTR.summaryDiscoveries]: totals.discoveries,
    [ATTR.summaryHandshakeSeconds]: totals.handshakeSeconds,
    [ATTR.summaryPart]: session.part,
  };
  if (session.opened === 'attached') attributes[ATTR.summaryPartial] = true;
  span(options, {
    name: SPAN.summary,
    kind: SpanKind.INTERNAL,
    traceId: session.segmentRoot.traceId,
    spanId: randomSpanId(),
    parentSpanId: session.segmentRoot.spanId,
    attributes,
    links: session.elsewhere.map(linkTo),
    from: session.openedAt,
    to: session.lastAt,
  });
}

interface Made {
  name: string;
  kind: SpanKind;
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  caller?: TraceParent | undefined;
  attributes: Attributes;
  links: Link[];
  from: number;
  to: number;
  before?(started: ReturnType<Tracer['startSpan']>): void;
}

function span({ tracer, ids, skew, sampler, followsCaller }: SpanOptions, made: Made): void {
  const { traceId, parentSpanId, caller } = made;
  if (!sampler(traceId, followsCaller ? caller : undefined)) return;
  ids.next(traceId, made.spanId);
  const parent =
    parentSpanId === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          traceId,
          spanId: parentSpanId,
          traceFlags: TraceFlags.SAMPLED,
          isRemote: caller !== undefined,
        });
  const ahead = skew();
  const { name, kind, attributes, links } = made;
  const started = tracer.startSpan(name, { kind, attributes, links, startTime: timeOf(made.from + ahead) }, parent);
  made.before?.(started);
  started.end(timeOf(Math.max(made.from, made.to) + ahead));
}

/** Milliseconds since the epoch as seconds and nanoseconds; finer than a microsecond it is not. */
function timeOf(at: number): [number, number] {
  const micros = Math.round(at * 1_000);
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1_000];
}

const linkTo = ({ traceId, spanId }: RootIds): Link => ({
  context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED },
});
