import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import type { AttributeValue, Attributes, OtlpSpan } from '../support/otlp-signals.ts';

/** OTLP span flags: the parent is somebody else's span. */
const REMOTE_PARENT = 0x200;

/** Spans whose parent was not received, callers' spans apart. */
export function orphans(spans: readonly OtlpSpan[]): string[] {
  const known = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
  return spans
    .filter(
      ({ traceId, parentSpanId, flags }) =>
        parentSpanId !== undefined && (flags & REMOTE_PARENT) === 0 && !known.has(`${traceId} ${parentSpanId}`),
    )
    .map(({ name, traceId, parentSpanId }) => `${name} in ${traceId} hangs from ${parentSpanId}, which is not there`);
}

/** Looks for orphans after every arrival; `stop` gives what was ever found. */
export function watchOrphans(receiver: OtlpReceiver): { stop(): Promise<string[]> } {
  const found = new Set<string>();
  let seen = 0;
  let stopped = false;
  const watch = receiver.until(
    ({ spans }) => {
      if (spans.length > seen) for (const orphan of orphans(spans)) found.add(orphan);
      seen = spans.length;
      return stopped;
    },
    'the end of the watch for orphans',
    120_000,
  );
  return {
    async stop() {
      stopped = true;
      receiver.behave('accept');
      await watch;
      return [...found];
    },
  };
}

/** The span of this name in which these attributes are found. @throws when there is none, or more than one */
export function theSpan(spans: readonly OtlpSpan[], name: string, attributes: Attributes = {}): OtlpSpan {
  const found = spans.filter((span) => span.name === name && carries(span.attributes, attributes));
  const [span] = found;
  if (span === undefined || found.length > 1) {
    throw new Error(`${found.length} spans are called '${name}' among: ${spans.map((each) => each.name).join(', ')}`);
  }
  return span;
}

/** The spans of the one trace whose root belongs to this session id. */
export const traceOf = (spans: readonly OtlpSpan[], sessionId: string | undefined): OtlpSpan[] => {
  const { traceId } = theSpan(spans, 'mcp.session', { 'mcp.session.id': sessionId });
  return spans.filter((span) => span.traceId === traceId);
};

/** Spans as an indented tree, in the order of their starts, the summary last. */
export function tree(spans: readonly OtlpSpan[], parent?: string): string[] {
  const late = (span: OtlpSpan): number => (span.name === 'mcp.session.summary' ? 1 : 0);
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .toSorted((a, b) => late(a) - late(b) || Number(a.startNs - b.startNs))
    .flatMap((span) => [
      [span.name, span.kind.toUpperCase(), ...(span.status.code === 'unset' ? [] : [span.status.code])].join(' '),
      ...tree(spans, span.spanId).map((line) => `  ${line}`),
    ]);
}

/** What a counter, a gauge, or the count of a histogram adds up to over the points that carry these labels. */
export function total(receiver: OtlpReceiver, metric: string, labels: Attributes = {}): number {
  return receiver.metrics
    .filter(({ name }) => name === metric)
    .flatMap(({ points }) => [...points])
    .filter((point) => carries(point.attributes, labels))
    .reduce((sum, point) => sum + ('value' in point ? point.value : point.count), 0);
}

/** The label sets of a metric's points. */
export const labelsOf = (receiver: OtlpReceiver, metric: string): Attributes[] =>
  receiver.metrics
    .filter(({ name }) => name === metric)
    .flatMap(({ points }) => points.map((point) => point.attributes));

export const valuesOf = (receiver: OtlpReceiver, metric: string, label: string): AttributeValue[] => [
  ...new Set(labelsOf(receiver, metric).map((labels) => labels[label])),
];

const carries = (attributes: Attributes, wanted: Attributes): boolean =>
  Object.entries(wanted).every(([key, value]) => attributes[key] === value);
