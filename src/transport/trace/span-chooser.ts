import { keepNewest } from '../bounded.ts';
import { rotates, type RotationOptions, type SegmentUse } from './rotation.ts';
import { createSampler, type Sampler, type SamplerSetting } from './sampling.ts';
import { deriveRootIds, randomSpanId } from './trace-id.ts';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';
import type { SpanChoice } from '../wire/wire-event.ts';

export interface PropagationOptions extends RotationOptions {
  server: string;
  instance: string;
  thread: number;
  /** Add `traceparent` to what is sent on. */
  adds: boolean;
  /** Our span joins the caller's trace, and takes the place of the caller's span in the header. */
  followsCaller: boolean;
  sampler: SamplerSetting;
  maxSessions: number;
}

export interface Choice {
  span: SpanChoice | undefined;
  /** The `traceparent` to add, or to replace the caller's with. */
  traceParent: string | undefined;
}

interface SessionTrace extends SegmentUse {
  traceId: string;
  rootSpanId: string;
  segment: number;
  /** When it was last moved to the end of the map. */
  movedAt: number;
}

/** The map is ordered by last use, to this precision: to move an entry at every request would cost more. */
const MOVE_MS = 30_000;
const NOTHING: Choice = { span: undefined, traceParent: undefined };

/**
 * Decides from the request alone which span it becomes, and what the upstream is told of it. Nothing that the observer
 * finds reaches it. The sessions that were not seen for longest are forgotten first; one that comes back goes on in
 * the derived trace in which it began.
 */
export class SpanChooser {
  readonly #options: PropagationOptions;
  readonly #sampler: Sampler;
  readonly #sessions = new Map<string, SessionTrace>();

  constructor(options: PropagationOptions) {
    this.#options = options;
    this.#sampler = createSampler(options.sampler);
  }

  /**
   * @param body the body of the request, if it is in one piece. A streamed body can't be searched for a trace context
   * of
   *   its own, so nothing is added there.
   */
  choose(
    method: string,
    sessionId: string | undefined,
    traceParent: string | undefined,
    body: Buffer | undefined,
    at: number,
  ): Choice {
    const { adds, followsCaller } = this.#options;
    const sampler = this.#sampler;
    const caller = followsCaller ? parseTraceParent(traceParent) : undefined;
    if (sessionId === undefined && caller === undefined) return NOTHING;
    const session = sessionId === undefined ? undefined : this.#session(sessionId, method === 'POST', at);
    const spanId = randomSpanId();
    const span: SpanChoice = { spanId, propagated: false, session };
    if (!adds) return { span, traceParent: undefined };
    if (caller !== undefined) {
      span.propagated = true;
      return { span, traceParent: formatTraceParent(caller.traceId, spanId, sampler(caller.traceId, caller)) };
    }
    if (session === undefined || traceParent !== undefined || body === undefined || body.includes('traceparent')) {
      return { span, traceParent: undefined };
    }
    const isOperation = method === 'POST' && isOneOperation(body);
    span.propagated = isOperation;
    const parent = isOperation ? spanId : session.rootSpanId;
    return { span, traceParent: formatTraceParent(session.traceId, parent, sampler(session.traceId)) };
  }

  #session(sessionId: string, isOperation: boolean, at: number): SessionTrace {
    const sessions = this.#sessions;
    let trace = sessions.get(sessionId);
    if (trace === undefined) {
      const { traceId, spanId } = deriveRootIds(this.#options.server, sessionId);
      trace = { traceId, rootSpanId: spanId, segment: 0, operations: 0, since: at, movedAt: at };
      sessions.set(sessionId, trace);
      keepNewest(sessions, this.#options.maxSessions);
    }
    if (at - trace.movedAt > MOVE_MS) {
      trace.movedAt = at;
      sessions.delete(sessionId);
      sessions.set(sessionId, trace);
    }
    if (!isOperation) return trace;
    if (!rotates(trace, at, this.#options)) return trace;
    const { server, instance, thread } = this.#options;
    const segment = trace.segment + 1;
    const ids = deriveRootIds(server, sessionId, instance, thread, segment);
    trace = { traceId: ids.traceId, rootSpanId: ids.spanId, segment, operations: 1, since: at, movedAt: at };
    sessions.delete(sessionId);
    sessions.set(sessionId, trace);
    return trace;
  }
}

/** Whether a body gets a span of its own: a batch, an answer to the server and progress do not. */
function isOneOperation(body: Buffer): boolean {
  return startsWith(body) !== '[' && body.includes('"method"') && !body.includes('"notifications/progress"');
}

/** The first byte of JSON text after white space. */
function startsWith(body: Buffer): string {
  for (const byte of body) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return String.fromCharCode(byte);
  }
  return '';
}
