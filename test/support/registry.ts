import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Node, Tree } from './protobuf.ts';

// The registry as whoever reads the published files has it: nothing here comes from the sources that they are made from.

interface Ref {
  ref: string;
  requirement_level: 'required' | 'recommended';
}
interface Definition {
  id: string;
  type: string | { members: readonly { value: string }[] };
}
interface Group {
  id: string;
  type: 'attribute_group' | 'span' | 'metric' | 'event';
  attributes: readonly (Ref & Definition)[];
  span_kind?: string;
  metric_name?: string;
  instrument?: string;
  unit?: string;
  name?: string;
}

const FOLDER = join(import.meta.dirname, '../../telemetry/registry');
const read = (name: string): readonly Group[] => parse(readFileSync(join(FOLDER, name), 'utf8')).groups;
const GROUPS = ['attributes.yaml', 'spans.yaml', 'metrics.yaml', 'events.yaml'].flatMap(read);
const OWN = new Map(
  GROUPS.filter(({ type }) => type === 'attribute_group').flatMap(({ attributes }) =>
    attributes.map((attribute) => [attribute.id, attribute.type] as const),
  ),
);
const METRICS = new Map(GROUPS.map((group) => [group.metric_name, group]));
const EVENTS = new Map(GROUPS.filter(({ type }) => type === 'event').map((group) => [group.name, group]));

/** Of OpenTelemetry's attributes these are no strings (semantic-conventions 1.41). */
const BORROWED_TYPES: Readonly<Record<string, string>> = { 'http.response.status_code': 'int', 'server.port': 'int' };
const VALUE_KINDS: Readonly<Record<string, string>> = {
  string: 'stringValue',
  'string[]': 'arrayValue',
  int: 'intValue',
  double: 'doubleValue',
  boolean: 'boolValue',
};
const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
/** Internal spans by their names. */
const INTERNAL_SPANS: Readonly<Record<string, string>> = {
  'mcp.session': 'session',
  'mcp.session.summary': 'summary',
  'mcp.connect': 'connect',
  'mcp.connect …': 'connect.stage',
};
/** Of the SDK's own specification, on what a metric has too many series for. */
const OVERFLOW = 'otel.metric.overflow';
const EVENT_ATTRIBUTES: readonly Ref[] = ['mcpspan.progress', 'mcpspan.total', 'mcpspan.level'].map((ref) => ({
  ref,
  requirement_level: 'recommended',
}));

/**
 * What of an OTLP request of ours is not as the registry says: signals and attributes without a description, attributes
 * that are missing or of another type, other units and instruments. What has another scope than ours is left alone.
 * @param path of the request, as `/v1/traces`
 */
export function faultsOf(path: string, request: Tree): string[] {
  if (path === '/v1/traces')
    return itemsOf(request, 'resourceSpans', 'scopeSpans', 'spans').flatMap((span) => faultsOfSpan(span));
  if (path === '/v1/metrics')
    return itemsOf(request, 'resourceMetrics', 'scopeMetrics', 'metrics').flatMap((metric) => faultsOfMetric(metric));
  return itemsOf(request, 'resourceLogs', 'scopeLogs', 'logRecords').flatMap((log) => {
    const name = textOf(log['eventName']);
    const group = EVENTS.get(name);
    return group === undefined ? [`event ${name} is not described`] : attributeFaults(name, group.attributes, log);
  });
}

function faultsOfSpan(span: Tree): string[] {
  const name = textOf(span['name']);
  const kind = SPAN_KINDS[Number(span['kind'])] ?? '';
  const id = `span.mcpspan.${kind === 'internal' ? INTERNAL_SPANS[name.replace(/ .*/, ' …')] : `operation.${kind}`}`;
  const group = GROUPS.find((one) => one.id === id && one.span_kind === kind);
  if (group === undefined) return [`span ${name} of kind ${kind} is not described`];
  const events = treesOf(span['events']).flatMap((event) =>
    attributeFaults(`event ${textOf(event['name'])} on ${name}`, EVENT_ATTRIBUTES, event),
  );
  return [...attributeFaults(`${kind} span ${name}`, group.attributes, span), ...events];
}

function faultsOfMetric(metric: Tree): string[] {
  const name = textOf(metric['name']);
  const group = METRICS.get(name);
  if (group === undefined) return [`metric ${name} is not described`];
  const sum = treeOf(metric['sum']);
  const instrument =
    metric['sum'] !== undefined
      ? sum['isMonotonic'] === true
        ? 'counter'
        : 'updowncounter'
      : metric['gauge'] !== undefined
        ? 'gauge'
        : 'histogram';
  const points = treesOf(treeOf(metric['sum'] ?? metric['gauge'] ?? metric['histogram'])['dataPoints']);
  return [
    ...(instrument === group.instrument ? [] : [`metric ${name} is a ${instrument}, not a ${group.instrument}`]),
    ...(textOf(metric['unit']) === group.unit
      ? []
      : [`metric ${name} is in ${textOf(metric['unit'])}, not ${group.unit}`]),
    ...points.flatMap((point) => (isOverflow(point) ? [] : attributeFaults(`metric ${name}`, group.attributes, point))),
  ];
}

const isOverflow = (point: Tree): boolean => treesOf(point['attributes']).some(({ key }) => key === OVERFLOW);

function attributeFaults(where: string, refs: readonly Ref[], carrier: Tree): string[] {
  const values = new Map(treesOf(carrier['attributes']).map((pair) => [textOf(pair['key']), treeOf(pair['value'])]));
  const missing = refs.filter(({ ref, requirement_level: level }) => level === 'required' && !values.has(ref));
  const known = new Set(refs.map(({ ref }) => ref));
  return [
    ...missing.map(({ ref }) => `${where} has no ${ref}`),
    ...[...values].flatMap(([key, value]) =>
      known.has(key) ? wrongValue(`${key} on ${where}`, key, value) : [`${where} has ${key}, which is not described`],
    ),
  ];
}

function wrongValue(where: string, key: string, value: Tree): string[] {
  const type = OWN.get(key) ?? BORROWED_TYPES[key] ?? 'string';
  const [kind = ''] = Object.keys(value);
  if (typeof type === 'object') {
    const text = textOf(value['stringValue']);
    return type.members.some((member) => member.value === text) ? [] : [`${where} is '${text}', which is no member`];
  }
  return type === 'any' || VALUE_KINDS[type] === kind ? [] : [`${where} is a ${kind}, not a ${type}`];
}

const itemsOf = (request: Tree, outer: string, inner: string, items: string): Tree[] =>
  treesOf(request[outer]).flatMap((sender) =>
    treesOf(sender[inner])
      .filter((part) => treeOf(part['scope'])['name'] === 'mcpspan')
      .flatMap((part) => treesOf(part[items])),
  );
const textOf = (node: Node | undefined): string => (typeof node === 'string' ? node : '');
const treesOf = (node: Node | undefined): Tree[] => (Array.isArray(node) ? node.map(treeOf) : []);
// True: in an OTLP request these places hold messages; what holds none has none of their fields.
const treeOf = (node: Node | undefined): Tree => (typeof node === 'object' ? (node as Tree) : {});
