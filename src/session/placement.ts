import { keepNewest } from '../transport/bounded.ts';
import { deriveRootIds, randomTraceId, type RootIds } from '../transport/trace/trace-id.ts';
import { parseTraceParent } from '../transport/trace/trace-parent.ts';
import { sessionIdOf } from './grouping.ts';
import type { Operation, Placement } from './operation.ts';
import type { EventSink } from './event.ts';
import type { Opened, Session } from './session.ts';

export interface PlacementOptions {
  server: string;
  instance: string;
  traceParent: 'meta' | 'caller' | 'session';
  segmentOperations: number;
  segmentSeconds: number;
}

const REFUSED_WINDOW_MS = 60_000;
const MAX_REFUSED_TRACES = 60;
const MIN_OPERATIONS = 100;
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

/** Decides in which trace an operation's span goes, under which parent, and what it links to. */
export function place(
  operation: Operation,
  session: Session | undefined,
  at: number,
  emit: EventSink,
  options: PlacementOptions,
): Placement {
  const placement = placeFirst(operation, session, at, emit, options);
  const { firstAttempt } = operation;
  return firstAttempt === undefined ? placement : { ...placement, links: [...placement.links, firstAttempt] };
}

function placeFirst(
  operation: Operation,
  session: Session | undefined,
  at: number,
  emit: EventSink,
  options: PlacementOptions,
): Placement {
  const { parent, exchange } = operation;
  if (parent !== undefined) {
    // Its parent may not have ended: then it is placed as it will be.
    const above = parent.placement ?? place(parent, session, at, emit, options);
    parent.placement ??= above;
    return { traceId: above.traceId, parentSpanId: parent.spanId, links: [], caller: above.caller };
  }
  const header = parseTraceParent(exchange.request.traceParent);
  const { traceParent } = options;
  const caller =
    traceParent === 'session'
      ? undefined
      : traceParent === 'caller'
        ? (header ?? operation.callerContext)
        : operation.callerContext;
  const root =
    session === undefined ? rootToBe(operation, options) : segmentRoot(operation, session, at, emit, options);
  if (caller !== undefined) {
    if (session !== undefined) {
      session.elsewhere ??= [];
      if (session.elsewhere.length < MAX_ELSEWHERE)
        session.elsewhere.push({ traceId: caller.traceId, spanId: operation.spanId });
    }
    const links = root === undefined ? [] : [{ traceId: root.traceId, spanId: root.spanId }];
    for (const context of [operation.callerContext, header]) {
      if (context !== undefined && context.spanId !== caller.spanId)
        links.push({ traceId: context.traceId, spanId: context.spanId });
    }
    return { traceId: caller.traceId, parentSpanId: caller.spanId, links, caller };
  }
  const links = [operation.callerContext, header].flatMap((context) =>
    context === undefined ? [] : [{ traceId: context.traceId, spanId: context.spanId }],
  );
  if (root !== undefined) return { traceId: root.traceId, parentSpanId: root.spanId, links, caller: undefined };
  // Refused, though it named a session: the upstream was told of this trace, but there is no root to hang from.
  const traceId = exchange.span?.session?.traceId ?? randomTraceId();
  return { traceId, parentSpanId: undefined, links, caller: undefined };
}

/** A call that is placed before it has ended, for a request that its server sends meanwhile, will open its session. */
function rootToBe(operation: Operation, options: PlacementOptions): RootIds | undefined {
  const { grouping, endedAt, exchange } = operation;
  if (endedAt !== 0 || grouping?.key === undefined) return undefined;
  const id = sessionIdOf(exchange.request, operation.era);
  return rootIdsOf(grouping.source, grouping.key, id, operation.startedAt, options);
}

/** A session that is taken up in a later segment: whoever opened the segment has made its root. */
export function adoptSegment(session: Session, operation: Operation, opened: Opened): void {
  const chosen = operation.exchange.span?.session;
  if (opened !== 'attached' || session.resumed || chosen === undefined || chosen.segment === 0) return;
  session.segment = chosen.segment;
  session.segmentRoot = { traceId: chosen.traceId, spanId: chosen.rootSpanId };
  rememberSegment(session, chosen.traceId);
}

/** The root of the segment an operation falls into: the relay's choice for real sessions, else counted here. */
function segmentRoot(
  operation: Operation,
  session: Session,
  at: number,
  emit: EventSink,
  options: PlacementOptions,
): RootIds {
  if (session.source === 'header') {
    const chosen = operation.exchange.span?.session;
    if (chosen === undefined || operation.exchange.request.sessionId !== session.id) return session.segmentRoot;
    const root = { traceId: chosen.traceId, spanId: chosen.rootSpanId };
    if (chosen.segment > 0 && session.segmentTraces?.has(chosen.traceId) !== true)
      openSegment(session, chosen.segment, root, at, emit);
    return root;
  }
  session.segmentOperations++;
  const old = at - session.segmentSince >= options.segmentSeconds * 1_000 && session.segmentOperations > MIN_OPERATIONS;
  if (session.segmentOperations > options.segmentOperations || old) {
    const segment = session.segment + 1;
    const root = deriveRootIds(options.server, session.key, options.instance, session.openedAt, segment);
    openSegment(session, segment, root, at, emit);
    session.segmentOperations = 1;
    session.segmentSince = at;
  }
  return session.segmentRoot;
}

function openSegment(session: Session, segment: number, root: RootIds, at: number, emit: EventSink): void {
  const previous = session.segmentRoot;
  session.segment = segment;
  session.segmentRoot = root;
  rememberSegment(session, root.traceId);
  emit({ kind: 'segment-opened', at, session, previous });
}

/** Relay threads have segments of their own: a few are under way at a time. */
function rememberSegment(session: Session, traceId: string): void {
  session.segmentTraces ??= new Set();
  session.segmentTraces.add(traceId);
  keepNewest(session.segmentTraces, MAX_SEGMENTS);
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
