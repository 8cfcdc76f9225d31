import { readMcpSpan, type SpanOperation } from './mcp-span.ts';
import type { Taken } from './otlp-receiver.ts';
import type { ReceivedSpan } from './received-span.ts';
import { RecentKeys } from './recent-keys.ts';
import { callsOf, spanKey, type Call, type SeenOperation } from './same-call.ts';

/** What became of a span. `same`: another one told of the same call. */
export type Fate = 'operation' | 'other' | 'same' | 'no-room';

export interface IntakeOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  count(fate: Fate, spans: number): void;
  /** Gets each call once, in the order in which they began. */
  take(call: Call): void;
}

interface Waiting extends SeenOperation {
  readonly receivedAt: number;
}

/**
 * So long a span waits for others: what both ends of a call say is one call, and a handshake comes before the calls of its
 * session. Servers and Collectors send what they have every few seconds.
 */
const WAIT_MS = 8_000;
/** What waits takes about 1 KB. */
const MAX_WAITING = 100_000;
/** At this share senders are asked to come again, before spans are turned away. */
const FULL_SHARE = 0.9;
/** Spans that are no operations, but lie between two that are. */
const MAX_BETWEEN = 100_000;
const MAX_TOLD = 200_000;

/** Takes received spans, keeps what tells of an operation of MCP for a while, and hands each call on once. */
export class Intake {
  readonly #options: IntakeOptions;
  #waiting: Waiting[] = [];
  /** The parents of other spans. */
  readonly #between = new RecentKeys<string>(MAX_BETWEEN);
  /** What calls that were handed on asked, by their spans and the parents of these: more of the same call may come late. */
  readonly #told = new RecentKeys<string>(MAX_TOLD);

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING * FULL_SHARE;
  }

  take(spans: Iterable<ReceivedSpan>): Taken {
    const receivedAt = this.#options.now();
    const fates = { other: 0, same: 0, 'no-room': 0 };
    for (const span of spans) {
      const operation = readMcpSpan(span);
      // What a server asks of its client hangs from the call that it belongs to, and counts nowhere by itself.
      if (operation === undefined || operation.direction === 'to-client') {
        fates.other++;
        if (span.parentSpanId !== undefined) this.#between.set(spanKey(span.traceId, span.spanId), span.parentSpanId);
      } else if (this.#wasTold(operation, span)) fates.same++;
      else if (this.#waiting.length >= MAX_WAITING) fates['no-room']++;
      else this.#waiting.push({ operation, span: placeOf(span), receivedAt });
    }
    for (const fate of ['other', 'same', 'no-room'] as const)
      if (fates[fate] > 0) this.#options.count(fate, fates[fate]);
    return { rejected: fates['no-room'] };
  }

  /** Hands on the calls that have waited long enough. */
  due(): void {
    const until = this.#options.now() - WAIT_MS;
    const [oldest] = this.#waiting;
    if (oldest !== undefined && oldest.receivedAt <= until) this.#handOn(({ receivedAt }) => receivedAt <= until);
  }

  /** Hands on all. */
  all(): void {
    this.#handOn(() => true);
  }

  #handOn(isDue: (span: Waiting) => boolean): void {
    const before = this.#waiting.length;
    if (before === 0) return;
    const waiting = new Map(this.#waiting.map((one): [SeenOperation, Waiting] => [one, one]));
    const due: Call[] = [];
    const kept = new Set<SeenOperation>();
    for (const call of callsOf(this.#waiting, this.#between)) {
      const isReady = call.spans.some((one) => {
        const found = waiting.get(one);
        return found !== undefined && isDue(found);
      });
      if (isReady) due.push(call);
      else for (const one of call.spans) kept.add(one);
    }
    this.#waiting = this.#waiting.filter((one) => kept.has(one));
    const gone = before - this.#waiting.length;
    if (due.length > 0) this.#options.count('operation', due.length);
    if (gone > due.length) this.#options.count('same', gone - due.length);
    for (const call of due.toSorted((a, b) => a.chosen.span.startedAt - b.chosen.span.startedAt)) {
      this.#remember(call);
      this.#options.take(call);
    }
  }

  #remember({ spans }: Call): void {
    for (const { operation, span } of spans) {
      const asked = askedBy(operation);
      this.#told.set(spanKey(span.traceId, span.spanId), asked);
      if (span.parentSpanId !== undefined) this.#told.set(spanKey(span.traceId, span.parentSpanId), asked);
    }
  }

  /** It is a span of a call that was handed on, or the one around it, or one in it. */
  #wasTold(operation: SpanOperation, { traceId, spanId, parentSpanId }: ReceivedSpan): boolean {
    const asked = askedBy(operation);
    if (this.#told.get(spanKey(traceId, spanId)) === asked) return true;
    return parentSpanId !== undefined && this.#told.get(spanKey(traceId, parentSpanId)) === asked;
  }
}

/** What of a span is needed after its operation was read. Its attributes take the most of its memory. */
const placeOf = ({ traceId, spanId, parentSpanId, startedAt, endedAt }: ReceivedSpan): SeenOperation['span'] => ({
  traceId,
  spanId,
  parentSpanId,
  startedAt,
  endedAt,
});

const askedBy = ({ method, target = '' }: SpanOperation): string => `${method}\0${target}`;
