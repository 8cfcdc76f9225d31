import { SpanKind, SpanStatusCode, TraceFlags, type Attributes, type Link, type SpanStatus } from '@opentelemetry/api';
import type { SessionEvent } from '../session/event.ts';
import { errorTypeOf } from '../session/labels.ts';
import type { EndedOperation, OperationEvent, ServerSpans } from '../session/operation.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Session } from '../session/session.ts';
import type { Sampler } from '../transport/trace/sampling.ts';
import { randomSpanId, type RootIds } from '../transport/trace/trace-id.ts';
import type { TraceParent } from '../transport/trace/trace-parent.ts';
import { cutTexts, ownAttributes, sessionAttributes } from './attributes.ts';
import { spansOfJourney } from './journey-spans.ts';
import { INTERNAL, timeOf, UNSET, type SpanFacts, type SpanWriter } from './finished-span.ts';
import { ATTR, SPAN } from './semconv.ts';
import { ServerSpanFacts } from './server-span-facts.ts';
import { SimilarOperations, type Common, type SimilarOperationsOptions } from './similar-operations.ts';

export interface SpanOptions extends SimilarOperationsOptions {
  writers: readonly SpanWriter[];
  sampler: Sampler;
  /** In the caller's trace, the caller's sampling decision applies. */
  followsCaller: boolean;
  /** How far the wall clock is ahead of our clock, in milliseconds. */
  skew(): number;
  /** Others made the spans of operations already: sessions link to them, and none is made again. */
  operationsElsewhere?: boolean;
  /** Further attributes of the spans of sessions. */
  ofSessions?: Attributes | undefined;
}

const MAX_CHILDREN = 64;

/** Turns session events into spans. Each span is created at its end, with explicit times, so no span is held open. */
export function createSpanSink(options: SpanOptions): (event: SessionEvent) => void {
  const similar = new SimilarOperations(options);
  const reported = new ServerSpanFacts(options.server.name, options.privacy);
  return (event) => {
    switch (event.kind) {
      case 'session-opened':
        // The root of a session that was open before we started is elsewhere.
        if (event.session.opened !== 'attached' && !event.session.resumed)
          root(options, event.session, event.session.root, event.at, []);
        break;
      case 'segment-opened': {
        const { session, previous } = event;
        const links = [session.root, ...(previous.traceId === session.root.traceId ? [] : [previous])].map(linkTo);
        root(options, session, session.segment.root, event.at, links);
        break;
      }
      case 'operation-ended':
        if (options.operationsElsewhere !== true && !waitsForParent(event.operation))
          operationSpan(options, { similar, reported }, event.operation);
        break;
      case 'session-ended':
        summary(options, event);
        break;
      case 'journey-ended':
        if (event.journey.told)
          for (const span of spansOfJourney(event.journey, options.server.name, options.privacy))
            finish(options, undefined, span);
        break;
      default:
        break;
    }
  };
}

function root(options: SpanOptions, session: Session, ids: RootIds, at: number, links: Link[]): void {
  const attributes: Attributes = {
    ...sessionAttributes(session, options.server.name, options.privacy),
    ...options.ofSessions,
  };
  attributes[ATTR.sessionSegment] = session.segment.number;
  finish(options, undefined, {
    ...INTERNAL,
    name: SPAN.session,
    traceId: ids.traceId,
    spanId: ids.spanId,
    parentSpanId: undefined,
    attributes,
    links,
    from: at,
    to: at,
  });
}

/** A call may send requests to its client while it runs. Their spans are written together with their parent's span. */
function waitsForParent(operation: EndedOperation): boolean {
  const { parent } = operation;
  if (parent === undefined || parent.ended || parent.children.length >= MAX_CHILDREN) return false;
  parent.children.push(operation);
  return true;
}

interface Makers {
  similar: SimilarOperations;
  reported: ServerSpanFacts;
}

function operationSpan(options: SpanOptions, makers: Makers, operation: EndedOperation): void {
  const { placement, children, serverSpans } = operation;
  if (operation.withheld) return;
  const ahead = options.skew();
  const common = makers.similar.of(operation);
  finish(options, placement.caller, {
    name: common.name,
    kind: operation.direction === 'to-server' ? SpanKind.SERVER : SpanKind.CLIENT,
    traceId: placement.traceId,
    spanId: operation.spanId,
    parentSpanId: placement.parentSpanId,
    remoteParent: placement.caller !== undefined,
    common: common.attributes,
    attributes: ownAttributes(operation, options.privacy),
    links: placement.links.map(linkTo),
    events: operation.events.map(({ name, at, facts }) => ({
      name,
      attributes: eventAttributes(facts),
      time: timeOf(Math.round((at + ahead) * 1_000)),
    })),
    eventsDropped: operation.eventsDropped,
    status: statusOf(operation, options.privacy),
    from: operation.startedAt,
    to: operation.endedAt,
  });
  if (operation.legSpanId !== undefined) leg(options, common, operation, operation.legSpanId);
  for (const child of children.splice(0)) operationSpan(options, makers, child);
  if (serverSpans !== undefined) insideSpans(options, makers.reported, operation, serverSpans);
}

/** What the server reports of itself is exported if its operation is. Its times are those of a wall clock already. */
function insideSpans(
  { sampler, followsCaller, longestValue, writers }: SpanOptions,
  reported: ServerSpanFacts,
  { placement, session }: EndedOperation,
  { spans }: ServerSpans,
): void {
  if (!sampler(placement.traceId, followsCaller ? placement.caller : undefined)) return;
  const known = new Set(spans.map(({ spanId }) => spanId));
  for (const span of spans) {
    const facts = reported.of(span, known, session?.server.name);
    if (longestValue !== undefined) cutTexts(facts.attributes, longestValue);
    for (const writer of writers) writer.write(facts);
  }
}

/** The upstream's part of an operation, as a client of the server would have reported it. */
function leg(options: SpanOptions, common: Common, operation: EndedOperation, spanId: string): void {
  const { traceId, caller } = operation.placement;
  const attributes = ownAttributes(operation, options.privacy);
  attributes[ATTR.leg] = true;
  // For the sender, a request that the receiver rejected is an error. The rejection counts on one span only.
  delete attributes[ATTR.rejected];
  const errorType = errorTypeOf(operation, 'to-client');
  if (errorType !== undefined) attributes[ATTR.errorType] = errorType;
  finish(options, caller, {
    name: common.name,
    kind: SpanKind.CLIENT,
    traceId,
    spanId,
    parentSpanId: operation.spanId,
    remoteParent: false,
    common: common.attributes,
    attributes,
    links: [],
    events: [],
    eventsDropped: 0,
    status: statusOf(operation, options.privacy, 'to-client'),
    from: Math.max(operation.startedAt, operation.exchange.sentAt),
    to: operation.endedAt,
  });
}

function eventAttributes({ progress, total, level }: OperationEvent['facts']): Attributes {
  return {
    ...(progress !== undefined && { [ATTR.progress]: progress }),
    ...(total !== undefined && { [ATTR.total]: total }),
    ...(level !== undefined && { [ATTR.level]: level }),
  };
}

function statusOf(operation: EndedOperation, privacy: Privacy, direction = operation.direction): SpanStatus {
  if (errorTypeOf(operation, direction) === undefined) return UNSET;
  const { outcome } = operation;
  const message = outcome.kind === 'rpc-error' ? privacy.errorMessage(outcome.message) : undefined;
  return message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message };
}

function summary(options: SpanOptions, { session, reason }: Extract<SessionEvent, { kind: 'session-ended' }>): void {
  const { totals } = session;
  const attributes: Attributes = {
    ...sessionAttributes(session, options.server.name, options.privacy),
    ...options.ofSessions,
    [ATTR.endReason]: reason,
    [ATTR.summaryOperations]: totals.operations,
    [ATTR.summaryToolCalls]: totals.toolCalls,
    [ATTR.summaryFailed]: totals.failed,
    [ATTR.summaryRejected]: totals.rejected,
    [ATTR.summaryHandshakes]: totals.handshakes,
    [ATTR.summaryDiscoveries]: totals.discoveries,
    [ATTR.summaryHandshakeSeconds]: totals.handshakeSeconds,
    [ATTR.summaryPart]: session.part,
  };
  if (session.opened === 'attached') attributes[ATTR.summaryPartial] = true;
  finish(options, undefined, {
    ...INTERNAL,
    name: SPAN.summary,
    traceId: session.segment.root.traceId,
    spanId: randomSpanId(),
    parentSpanId: session.segment.root.spanId,
    attributes,
    links: session.elsewhere?.map(linkTo) ?? [],
    from: session.openedAt,
    to: session.lastAt,
  });
}

function finish(options: SpanOptions, caller: TraceParent | undefined, facts: SpanFacts): void {
  const { sampler, followsCaller, longestValue } = options;
  if (!sampler(facts.traceId, followsCaller ? caller : undefined)) return;
  const ahead = options.skew();
  facts.from += ahead;
  facts.to += ahead;
  if (longestValue !== undefined) cutTexts(facts.attributes, longestValue);
  for (const writer of options.writers) writer.write(facts);
}

const linkTo = ({ traceId, spanId }: RootIds): Link => ({
  context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED },
});
