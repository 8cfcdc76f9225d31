import { stringify } from 'yaml';
import { ATTR, EVENT, METRIC, type MetricDefinition, type MetricName } from '../src/telemetry/semconv.ts';
import { ATTRIBUTES, type Attribute, type AttributeKey } from './attributes.ts';
import { LABELS, LOG_EVENTS, SERVER_SPANS, SPANS, type Carried } from './signals.ts';

/** A file of the registry. */
export interface RegistryFile {
  /** Below `telemetry/registry/`. */
  readonly path: string;
  readonly text: string;
}

/** The last release of the conventions in which MCP and GenAI have their names; later ones have moved them elsewhere. */
export const CONVENTIONS = '1.41.1';
const HEAD = '# Generated from telemetry/*.ts by `npm run telemetry:build`. Do not edit.\n';
const STABILITY = 'development';
/** An instrument that is observed when a reader asks is of the same kind as one that is added to. */
const INSTRUMENT: Readonly<Record<MetricDefinition['kind'], string>> = {
  counter: 'counter',
  histogram: 'histogram',
  'observable-counter': 'counter',
  'observable-gauge': 'gauge',
  'observable-up-down-counter': 'updowncounter',
};

/** Our registry in Weaver's format: what we define, and what of OpenTelemetry's conventions we refer to. */
export function registry(version: string): RegistryFile[] {
  const manifest = {
    name: 'mcpspan',
    description: 'Every span, metric and log event that mcpspan exports',
    schema_url: `https://github.com/mcpspan/mcpspan/schemas/${version}`,
    dependencies: [
      {
        schema_url: `https://opentelemetry.io/schemas/${CONVENTIONS}`,
        registry_path: `https://github.com/open-telemetry/semantic-conventions@v${CONVENTIONS}[model]`,
      },
    ],
  };
  return [
    file('manifest.yaml', manifest),
    file('attributes.yaml', { groups: [ownAttributes(), resource] }),
    file('spans.yaml', { groups: [...spans(), serverSpans] }),
    file('metrics.yaml', { groups: metrics() }),
    file('events.yaml', { groups: events() }),
  ];
}

const file = (path: string, content: object): RegistryFile => ({
  path,
  text: HEAD + stringify(content, { lineWidth: 120 }),
});

const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] =>
  // True: the tables are literals, typed by the names of their keys.
  Object.keys(table) as Key[];

function ownAttributes(): object {
  const own = keysOf(ATTRIBUTES).filter((key) => ATTRIBUTES[key].isBorrowed === undefined);
  return {
    id: 'registry.mcpspan',
    type: 'attribute_group',
    display_name: 'Attributes of mcpspan',
    brief: 'What OpenTelemetry has no name for.',
    stability: STABILITY,
    attributes: own.map((key) => ({ id: ATTR[key], ...definitionOf(ATTRIBUTES[key]), stability: STABILITY })),
  };
}

/** What every resource of ours has (`src/telemetry/resource.ts`); `OTEL_RESOURCE_ATTRIBUTES` adds to it. */
const RESOURCE = [
  'service.name',
  'service.version',
  'service.instance.id',
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
];

const resource: object = {
  id: 'mcpspan.resource',
  type: 'attribute_group',
  stability: STABILITY,
  brief: 'What the resource of every signal says',
  attributes: RESOURCE.map((ref) => ({ ref, requirement_level: 'required' })),
};

function definitionOf({ type, brief, members, examples }: Attribute): object {
  if (members === undefined) return { type, brief, ...(examples !== undefined && { examples }) };
  const listed = Object.entries(members).map(([value, meaning]) => ({
    id: value.replaceAll('-', '_'),
    value,
    brief: meaning,
    stability: STABILITY,
  }));
  return { type: { members: listed }, brief };
}

const refs = ({ always, sometimes = [] }: Carried): object[] => [
  ...always.map((key) => refTo(key, 'required')),
  ...sometimes.map((key) => refTo(key, 'recommended')),
];

const refTo = (key: AttributeKey, level: 'required' | 'recommended'): object => ({
  ref: ATTR[key],
  requirement_level: level,
  ...(ATTRIBUTES[key].isBorrowed && { brief: ATTRIBUTES[key].brief }),
});

const spans = (): object[] =>
  Object.entries(SPANS).map(([id, span]) => ({
    id: `span.mcpspan.${id}`,
    type: 'span',
    span_kind: span.kind,
    stability: STABILITY,
    brief: span.brief,
    note: `Its name: ${span.name}.`,
    attributes: refs(span),
  }));

const serverSpans: object = {
  id: 'mcpspan.server_span',
  type: 'attribute_group',
  stability: STABILITY,
  brief:
    'What mcpspan adds to the spans that a server sends of itself with an answer; name, kind and scope are its own',
  attributes: refs(SERVER_SPANS),
};

const metrics = (): object[] =>
  keysOf<MetricName>(METRIC).map((key) => {
    const { name, kind, unit, description } = METRIC[key];
    return {
      id: `metric.${name}`,
      type: 'metric',
      metric_name: name,
      instrument: INSTRUMENT[kind],
      unit,
      stability: STABILITY,
      brief: description,
      attributes: refs(LABELS[key]),
    };
  });

const events = (): object[] =>
  keysOf(EVENT).map((key) => ({
    id: `event.${EVENT[key]}`,
    type: 'event',
    name: EVENT[key],
    stability: STABILITY,
    brief: LOG_EVENTS[key].brief,
    note: `Its body is a sentence for people, which may change: ${LOG_EVENTS[key].body}`,
    attributes: refs(LOG_EVENTS[key]),
  }));
