import type { Node, Tree } from './protobuf.ts';

export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | undefined
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Who sent it: resource attributes and instrumentation scope. */
export interface Origin {
  resource: Attributes;
  scope: { name: string; version: string };
}

export interface OtlpSpan extends Origin {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  startNs: bigint;
  endNs: bigint;
  attributes: Attributes;
  events: readonly { name: string; timeNs: bigint; attributes: Attributes }[];
  links: readonly { traceId: string; spanId: string; attributes: Attributes }[];
  status: { code: 'unset' | 'ok' | 'error'; message: string };
  /** W3C trace flags in the low byte, then whether the parent is remote. */
  flags: number;
}

export interface NumberPoint {
  attributes: Attributes;
  startNs: bigint;
  timeNs: bigint;
  value: number;
}

export interface HistogramPoint {
  attributes: Attributes;
  startNs: bigint;
  timeNs: bigint;
  count: number;
  sum: number;
  bucketCounts: readonly number[];
  explicitBounds: readonly number[];
}

export type OtlpMetric = Origin & { name: string; unit: string; description: string } & (
    | { kind: 'gauge'; points: readonly NumberPoint[] }
    | { kind: 'sum'; temporality: Temporality; monotonic: boolean; points: readonly NumberPoint[] }
    | { kind: 'histogram'; temporality: Temporality; points: readonly HistogramPoint[] }
  );
export type Temporality = 'unspecified' | 'delta' | 'cumulative';

export interface OtlpLog extends Origin {
  eventName: string;
  body: AttributeValue;
  attributes: Attributes;
  severity: { number: number; text: string };
  timeNs: bigint;
  traceId: string | undefined;
  spanId: string | undefined;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUS_CODES = ['unset', 'ok', 'error'] as const;
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'] as const;

/** Spans of an `ExportTraceServiceRequest`, from protobuf or from OTLP/JSON. */
export const spansOf = (request: Tree): OtlpSpan[] =>
  itemsOf(request, 'resourceSpans', 'scopeSpans', 'spans').map(([origin, span]) => ({
    ...origin,
    traceId: hex(span['traceId']),
    spanId: hex(span['spanId']),
    parentSpanId: hex(span['parentSpanId']) || undefined,
    name: text(span['name']),
    kind: oneOf(KINDS, span['kind']),
    startNs: nanoseconds(span['startTimeUnixNano']),
    endNs: nanoseconds(span['endTimeUnixNano']),
    attributes: attributesOf(span['attributes']),
    events: trees(span['events']).map((event) => ({
      name: text(event['name']),
      timeNs: nanoseconds(event['timeUnixNano']),
      attributes: attributesOf(event['attributes']),
    })),
    links: trees(span['links']).map((link) => ({
      traceId: hex(link['traceId']),
      spanId: hex(link['spanId']),
      attributes: attributesOf(link['attributes']),
    })),
    status: { code: oneOf(STATUS_CODES, tree(span['status'])['code']), message: text(tree(span['status'])['message']) },
    flags: Number(span['flags'] ?? 0),
  }));

/** Metrics of an `ExportMetricsServiceRequest`. @throws for exponential histograms and summaries: none is expected */
export const metricsOf = (request: Tree): OtlpMetric[] =>
  itemsOf(request, 'resourceMetrics', 'scopeMetrics', 'metrics').map(([origin, metric]) => {
    const named = {
      ...origin,
      name: text(metric['name']),
      unit: text(metric['unit']),
      description: text(metric['description']),
    };
    const { gauge, sum, histogram } = metric;
    if (gauge !== undefined) return { ...named, kind: 'gauge', points: numberPoints(gauge) };
    if (sum !== undefined) {
      const monotonic = tree(sum)['isMonotonic'] === true;
      return { ...named, kind: 'sum', temporality: temporalityOf(sum), monotonic, points: numberPoints(sum) };
    }
    if (histogram !== undefined) {
      return { ...named, kind: 'histogram', temporality: temporalityOf(histogram), points: histogramPoints(histogram) };
    }
    throw new Error(`metric ${named.name} is neither gauge, sum nor histogram`);
  });

/** Log records of an `ExportLogsServiceRequest`. */
export const logsOf = (request: Tree): OtlpLog[] =>
  itemsOf(request, 'resourceLogs', 'scopeLogs', 'logRecords').map(([origin, log]) => ({
    ...origin,
    eventName: text(log['eventName']),
    body: attributeValue(tree(log['body'])),
    attributes: attributesOf(log['attributes']),
    severity: { number: Number(log['severityNumber'] ?? 0), text: text(log['severityText']) },
    timeNs: nanoseconds(log['timeUnixNano']),
    traceId: hex(log['traceId']) || undefined,
    spanId: hex(log['spanId']) || undefined,
  }));

function itemsOf(request: Tree, outer: string, inner: string, items: string): [Origin, Tree][] {
  return trees(request[outer]).flatMap((sender) =>
    trees(sender[inner]).flatMap((part) => {
      const scope = { name: text(tree(part['scope'])['name']), version: text(tree(part['scope'])['version']) };
      const origin = { resource: attributesOf(tree(sender['resource'])['attributes']), scope };
      return trees(part[items]).map((item): [Origin, Tree] => [origin, item]);
    }),
  );
}

const pointBase = (point: Tree) => ({
  attributes: attributesOf(point['attributes']),
  startNs: nanoseconds(point['startTimeUnixNano']),
  timeNs: nanoseconds(point['timeUnixNano']),
});

const numberPoints = (data: Node): NumberPoint[] =>
  trees(tree(data)['dataPoints']).map((point) => ({
    ...pointBase(point),
    value: Number(point['asDouble'] ?? point['asInt'] ?? 0),
  }));

const histogramPoints = (data: Node): HistogramPoint[] =>
  trees(tree(data)['dataPoints']).map((point) => ({
    ...pointBase(point),
    count: Number(point['count'] ?? 0),
    sum: Number(point['sum'] ?? 0),
    bucketCounts: nodes(point['bucketCounts']).map(Number),
    explicitBounds: nodes(point['explicitBounds']).map(Number),
  }));

const temporalityOf = (data: Node): Temporality => oneOf(TEMPORALITIES, tree(data)['aggregationTemporality']);

function attributesOf(list: Node | undefined): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const pair of trees(list)) {
    const key = text(pair['key']);
    if (Object.hasOwn(attributes, key)) throw new Error(`attribute ${key} is there twice`);
    attributes[key] = attributeValue(tree(pair['value']));
  }
  return attributes;
}

function attributeValue(value: Tree): AttributeValue {
  const [kind, content] = Object.entries(value)[0] ?? [];
  if (kind === undefined || content === undefined) return undefined;
  if (kind === 'intValue') return integer(content);
  if (kind === 'arrayValue') return trees(tree(content)['values']).map(attributeValue);
  if (kind === 'kvlistValue') return attributesOf(tree(content)['values']);
  if (kind === 'bytesValue') return typeof content === 'string' ? Buffer.from(content, 'base64') : bytes(content);
  if (typeof content === 'object') throw new Error(`an attribute value of the unknown kind ${kind}`);
  return content;
}

/** OTLP/JSON writes 64-bit integers as strings; both kinds become a number where that is exact. */
function integer(node: Node): number | bigint {
  const value = BigInt(scalar(node));
  return BigInt(Number(value)) === value ? Number(value) : value;
}

const nanoseconds = (node: Node | undefined): bigint => (node === undefined ? 0n : BigInt(scalar(node)));
const text = (node: Node | undefined): string => (typeof node === 'string' ? node : '');
const hex = (node: Node | undefined): string => (node instanceof Uint8Array ? bytes(node).toString('hex') : text(node));
const nodes = (node: Node | undefined): readonly Node[] => (Array.isArray(node) ? node : []);
const trees = (node: Node | undefined): Tree[] => nodes(node).map(tree);

function tree(node: Node | undefined): Tree {
  if (node === undefined) return {};
  if (typeof node !== 'object' || Array.isArray(node) || node instanceof Uint8Array) throw new Error('not a message');
  // What is left of the union, which `Array.isArray` can't narrow because the arrays are readonly.
  return node as Tree;
}

function scalar(node: Node): string | number | bigint | boolean {
  if (typeof node === 'object') throw new Error('not a number');
  return node;
}

function bytes(node: Node): Buffer {
  if (!(node instanceof Uint8Array)) throw new Error('not bytes');
  return Buffer.from(node);
}

function oneOf<const Words extends readonly string[]>(words: Words, node: Node | undefined): Words[number] {
  const word = words[Number(node ?? 0)];
  if (word === undefined) throw new Error(`${scalar(node ?? 0)} is not a number of ${words.join(', ')}`);
  return word;
}
