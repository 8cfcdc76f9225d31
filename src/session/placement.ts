import { keepNewest } from '../transport/bounded.ts';
import { rotates, type RotationOptions } from '../transport/trace/rotation.ts';
import { deriveRootIds, randomTraceId, type RootIds } from '../transport/trace/trace-id.ts';
import { parseTraceParent } from '../transport/trace/trace-parent.ts';
import { sessionIdOf } from './grouping.ts';
import type { Operation, Placement } from './operation.ts';
import type { EventSink } from './event.ts';
import type { Opened, Segment, Session } from './session.ts';

export interface PlacementOptions extends RotationOptions {
  server: string;
  instance: string;
  traceParent: 'meta' | 'caller' | 'session';
}

const REFUSED_WINDOW_MS = 60_000;
const MAX_REFUSED_TRACES = 60;
const MAX_SEGMENTS = 64;
const MAX_ELSEWHERE = 128;

/** Ids of a session's first trace. Those of activity are salted, so that nothing ever collides. */
export function rootIdsOf(
  source: string,
  key: string,
  id: string | undefined,
  at: number,
  options: PlacementOptions,
): RootIds {
  return source === 'header' && id !== undefined
    ? deriveRootIds(options.server, id)
    : deriveRootIds(options.server, key, options.instance, at);
}

/**
 * Decides in which trace an ended operation's span goes, under which parent, and what it links to.
 * @param knownRoot of the session that it names, where that is over
 */
export function placeSpan(
  operation: Operation,
  session: Session | undefined,
  knownRoot: RootIds | undefined,
  emit: EventSink,
  options: PlacementOptions,
): Placement {
  if (operation.placedEarly !== undefined) return operation.placedEarly;
  if (operation.parent !== undefined) return placeUnder(operation.parent, session, emit, options);
  const root = session === undefined ? knownRoot : segmentRoot(operation, session, operation.startedAt, emit, options);
  return placeAt(root, operation, session, options);
}

/** Places a server's request under the call it serves. If that call is still under way, its own place is decided now. */
function placeUnder(
  parent: Operation,
  session: Session | undefined,
  emit: EventSink,
  options: PlacementOptions,
): Placement {
  const root =
    session === undefined ? rootToBe(parent, options) : segmentRoot(parent, session, parent.startedAt, emit, options);
  parent.placedEarly ??= placeAt(root, parent, session, options);
  const { traceId, caller } = parent.placedEarly;
  return { traceId, parentSpanId: parent.spanId, links: [], caller };
}

/** @param root of the session's present trace; undefined: the operation belongs to no session */
function placeAt(
  root: RootIds | undefined,
  operation: Operation,
  session: Session | undefined,
  { traceParent }: PlacementOptions,
): Placement {
  const { exchange, callerContext, firstAttempt, spanId } = operation;
  const header = parseTraceParent(exchange.request.traceParent);
  const caller =
    traceParent === 'session' ? undefined : traceParent === 'caller' ? (header ?? callerContext) : callerContext;
  const links = [callerContext, header]
    .filter((context) => context !== undefined)
    .filter((context) => context.spanId !== caller?.spanId)
    .map(linkTo);
  if (firstAttempt !== undefined) links.push(firstAttempt);
  if (caller !== undefined) {
    if (session !== undefined) rememberElsewhere(session, { traceId: caller.traceId, spanId });
    return {
      traceId: caller.traceId,
      parentSpanId: caller.spanId,
      links: root === undefined ? links : [linkTo(root), ...links],
      caller,
    };
  }
  // It named a session and was refused. The upstream got this trace in `traceparent`, but there is no root to hang from.
  const traceId = root?.traceId ?? exchange.span?.session?.traceId ?? randomTraceId();
  return { traceId, parentSpanId: root?.spanId, links, caller: undefined };
}

const linkTo = ({ traceId, spanId }: RootIds): RootIds => ({ traceId, spanId });

function rememberElsewhere(session: Session, span: RootIds): void {
  session.elsewhere ??= [];
  if (session.elsewhere.length < MAX_ELSEWHERE) session.elsewhere.push(span);
}

/** The root for a call under way without a session: the call will open a session, and the root is known in advance. */
function rootToBe({ grouping, exchange, era, startedAt }: Operation, options: PlacementOptions): RootIds | undefined {
  if (grouping?.key === undefined) return undefined;
  return rootIdsOf(grouping.source, grouping.key, sessionIdOf(exchange, era), startedAt, options);
}

/** A session that is taken up in a later segment: whoever opened the segment has made its root. */
export function adoptSegment(session: Session, operation: Operation, opened: Opened): void {
  const chosen = operation.exchange.span?.session;
  if (opened !== 'attached' || session.resumed || chosen === undefined || chosen.segment === 0) return;
  const { segment } = session;
  segment.number = chosen.segment;
  segment.root = { traceId: chosen.traceId, spanId: chosen.rootSpanId };
  rememberTrace(segment);
}

/** The root of the segment an operation falls into: the relay's choice for real sessions, else counted here. */
function segmentRoot(
  operation: Operation,
  session: Session,
  at: number,
  emit: EventSink,
  options: PlacementOptions,
): RootIds {
  const { segment } = session;
  if (session.source === 'header') {
    const chosen = operation.exchange.span?.session;
    if (chosen === undefined || operation.exchange.request.sessionId !== session.id) return segment.root;
    const root = { traceId: chosen.traceId, spanId: chosen.rootSpanId };
    if (chosen.segment > 0 && segment.traces?.has(chosen.traceId) !== true)
      openSegment(session, chosen.segment, root, at, emit);
    return root;
  }
  if (rotates(segment, at, options)) {
    const number = segment.number + 1;
    const root = deriveRootIds(options.server, session.key, options.instance, session.openedAt, number);
    openSegment(session, number, root, at, emit);
    segment.operations = 1;
    segment.since = at;
  }
  return segment.root;
}

function openSegment(session: Session, number: number, root: RootIds, at: number, emit: EventSink): void {
  const { segment } = session;
  const previous = segment.root;
  segment.number = number;
  segment.root = root;
  rememberTrace(segment);
  emit({ kind: 'segment-opened', at, session, previous });
}

/** Each relay thread has its own segments, so a few are in use at a time. */
function rememberTrace(segment: Segment): void {
  segment.traces ??= new Set();
  segment.traces.add(segment.root.traceId);
  keepNewest(segment.traces, MAX_SEGMENTS);
}

/** Operations that were refused and belong to no session get at most 60 traces a minute: a scanner fills no trace store. */
export class RefusedTraces {
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  admits(at: number): boolean {
    if (at - this.#since >= REFUSED_WINDOW_MS) {
      this.#since = at;
      this.#count = 0;
    }
    this.#count++;
    return this.#count <= MAX_REFUSED_TRACES;
  }
}
