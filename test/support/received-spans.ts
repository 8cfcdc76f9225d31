import { readFileSync } from 'node:fs';
import type { AttributeValue, ReceivedSpan } from '../../src/collect/received-span.ts';

interface JsonAttribute {
  key: string;
  value: {
    stringValue?: string;
    boolValue?: boolean;
    intValue?: string | number;
    doubleValue?: number;
    arrayValue?: { values: JsonAttribute['value'][] };
  };
}
interface JsonSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: JsonAttribute[];
  events?: { name: string; timeUnixNano: string; attributes?: JsonAttribute[] }[];
  status?: { code?: number; message?: string };
  links?: { traceId: string; spanId: string }[];
}
/** OTLP JSON, as a Collector's file exporter writes it. */
interface JsonTraces {
  resourceSpans: {
    resource?: { attributes?: JsonAttribute[] };
    scopeSpans: { scope?: { name?: string; version?: string }; spans: JsonSpan[] }[];
  }[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

/** The spans of a file in test/collect/spans. */
export function spansIn(file: string): ReceivedSpan[] {
  const text = readFileSync(new URL(`../collect/spans/${file}.json`, import.meta.url), 'utf8');
  // The files are ours, and a wrong one fails its test.
  return spansOf(JSON.parse(text) as JsonTraces);
}

function spansOf({ resourceSpans }: JsonTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
        name: span.name,
        kind: KINDS[span.kind ?? 0] ?? 'unspecified',
        startedAt: Number(span.startTimeUnixNano) / 1e6,
        endedAt: Number(span.endTimeUnixNano) / 1e6,
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
          name,
          at: Number(timeUnixNano) / 1e6,
          attributes: attributesOf(attributes),
        })),
        status: STATUSES[span.status?.code ?? 0] ?? 'unset',
        statusMessage: span.status?.message ?? '',
        links: span.links ?? [],
        resource: attributesOf(resource?.attributes),
        scope: { name: scope?.name ?? '', version: scope?.version ?? '' },
      })),
    ),
  );
}

const attributesOf = (list: JsonAttribute[] = []): Map<string, AttributeValue> =>
  new Map(list.map(({ key, value }) => [key, valueOf(value)]));

function valueOf({
  stringValue,
  boolValue,
  intValue,
  doubleValue,
  arrayValue,
}: JsonAttribute['value']): AttributeValue {
  if (arrayValue !== undefined) return arrayValue.values.map((value) => String(valueOf(value)));
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue);
}

/** A server's span of one second of the service `library`, with these attributes. */
export function bareSpan(
  attributes: Record<string, AttributeValue>,
  changed: Partial<ReceivedSpan> = {},
): ReceivedSpan {
  return {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    parentSpanId: undefined,
    name: 'tools/call search',
    kind: 'server',
    startedAt: 1_000,
    endedAt: 2_000,
    attributes: new Map(Object.entries(attributes)),
    events: [],
    status: 'unset',
    statusMessage: '',
    links: [],
    resource: new Map([['service.name', 'library']]),
    scope: { name: 'some.instrumentation', version: '1.0.0' },
    ...changed,
  };
}

/** The same of `tools/call search`, as the conventions have it. */
export const serverSpan = (
  attributes: Record<string, AttributeValue> = {},
  changed: Partial<ReceivedSpan> = {},
): ReceivedSpan => bareSpan({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search', ...attributes }, changed);
