import { describe, expect, it } from 'vitest';
import { GATEWAYS } from '../../src/collect/dialects/gateways.ts';
import { INSTRUMENTATIONS } from '../../src/collect/dialects/instrumentations.ts';
import { SDKS } from '../../src/collect/dialects/sdks.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import { OPTIONS } from '../../src/settings/options.ts';
import { ATTR, METRIC, SCOPE, SPAN } from '../../src/telemetry/semconv.ts';
import { seconds } from './compose.ts';
import { interpolate, variablesIn } from './variables.ts';
import { at, fields, items, leaves, readText, readYaml, texts } from './yaml.ts';

const ALONE = 'otel-collector-config.yaml';
const AGENT = 'deploy/otel-collector-agent.yaml';
const GATEWAY = 'deploy/otel-collector-gateway.yaml';

/** Old names still work and log a deprecation; the batch processor is replaced by batching in the sending queue. */
const DEPRECATED = /^(otlp|otlphttp|spanmetrics|loadbalancing|prometheusremotewrite|batch|logging)(\/|$)/;

/** Of a backend's receiver: the gRPC default. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

const SECTIONS = ['receivers', 'processors', 'exporters'] as const;

const pipelines = (config: unknown) =>
  Object.entries(fields(at(config, 'service', 'pipelines'))).map(([name, pipeline]) => ({ name, pipeline }));

describe.each([ALONE, AGENT, GATEWAY])('%s', (file) => {
  const config = readYaml(file);
  const defined = (section: string): string[] => Object.keys(fields(at(config, section)));

  it('defines each component that a pipeline uses, and uses each that it defines', () => {
    const both = defined('connectors');
    for (const section of SECTIONS) {
      const used = new Set(pipelines(config).flatMap(({ pipeline }) => texts(at(pipeline, section))));
      const own = [...used].filter((name) => !both.includes(name));
      expect(own.toSorted(), section).toEqual(defined(section).toSorted());
    }
    for (const name of both) {
      const into = pipelines(config).filter(({ pipeline }) => texts(at(pipeline, 'exporters')).includes(name));
      const from = pipelines(config).filter(({ pipeline }) => texts(at(pipeline, 'receivers')).includes(name));
      expect([into.length, from.length], name).toEqual([1, 1]);
    }
    expect(texts(at(config, 'service', 'extensions')).toSorted()).toEqual(defined('extensions').toSorted());
  });

  it('calls components by their names of today', () => {
    const names = ['processors', 'exporters', 'connectors', 'extensions'].flatMap(defined);
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => DEPRECATED.test(name))).toEqual([]);
  });

  it('limits its memory before anything else', () => {
    for (const { name, pipeline } of pipelines(config)) {
      expect(texts(at(pipeline, 'processors'))[0], name).toBe('memory_limiter');
    }
  });

  it('lets what it sends away wait on disk, without end, in messages that a backend takes', () => {
    const exporters = Object.entries(fields(at(config, 'exporters'))).filter(([name]) => name !== 'debug');
    expect(exporters).not.toEqual([]);
    for (const [name, exporter] of exporters) {
      const queue = at(exporter, 'sending_queue');
      expect(at(queue, 'storage'), name).toBe('file_storage');
      expect(at(queue, 'sizer'), name).toBe('bytes');
      expect(Number(at(queue, 'batch', 'max_size')), name).toBeLessThan(LARGEST_MESSAGE);
      expect(Number(at(queue, 'batch', 'max_size')), name).toBeGreaterThan(Number(at(queue, 'batch', 'min_size')));
      expect(at(queue, 'batch', 'sizer'), name).toBe('bytes');
      expect(at(exporter, 'retry_on_failure', 'max_elapsed_time'), name).toBe('0s');
    }
  });

  it('listens on loopback only, unless told otherwise', () => {
    const listening = leaves([
      at(config, 'receivers'),
      at(config, 'extensions', 'health_check'),
      at(config, 'service', 'telemetry'),
    ]);
    const hosts = listening.map((text) => interpolate(text, {})).filter((text) => !/^\d+$/.test(text));
    expect(hosts.length).toBeGreaterThan(2);
    expect(hosts.filter((text) => !/^127\.0\.0\.1(:\d+)?$/.test(text))).toEqual([]);
  });

  it('keeps the queue in one folder, also while it is compacted', () => {
    const storage = at(config, 'extensions', 'file_storage');
    expect(at(storage, 'directory')).toBe('${env:COLLECTOR_QUEUE:-/var/lib/otelcol}');
    expect(at(storage, 'compaction', 'directory')).toBe(at(storage, 'directory'));
  });

  it('has a default for every variable', () => {
    expect([...variablesIn(config)].filter(([, other]) => other === undefined)).toEqual([]);
  });
});

describe.each([ALONE, AGENT])('the latency series of %s', (file) => {
  const config = readYaml(file);
  const connector = at(config, 'connectors', 'span_metrics');

  it('have the buckets of the metric that they stand beside', () => {
    const buckets = texts(at(connector, 'histogram', 'explicit', 'buckets'));
    expect(at(connector, 'histogram', 'unit')).toBe('s');
    expect(buckets.map((text) => (text.endsWith('ms') ? Number.parseInt(text) / 1_000 : seconds(text)))).toEqual(
      METRIC.serverOperation.boundaries,
    );
  });

  it('carry the labels by which the dashboards choose', () => {
    expect(items(at(connector, 'dimensions')).map((dimension) => at(dimension, 'name'))).toEqual([
      ATTR.server,
      ATTR.client,
      ATTR.method,
      ATTR.toolName,
      ATTR.errorType,
    ]);
  });

  it('are bounded in number, and end when nothing feeds them', () => {
    expect(Number(at(connector, 'aggregation_cardinality_limit'))).toBeGreaterThan(0);
    expect(Number(at(connector, 'exemplars', 'max_per_data_point'))).toBeGreaterThan(0);
    expect(seconds(at(connector, 'metrics_expiration'))).toBeGreaterThan(0);
    expect(seconds(at(connector, 'series_expiration'))).toBeGreaterThan(0);
  });

  it('are made of operations of mcpspan only, under their bounded names', () => {
    const pipeline = at(config, 'service', 'pipelines', 'traces/latency');
    expect(texts(at(pipeline, 'exporters'))).toEqual(['span_metrics']);
    expect(texts(at(pipeline, 'processors'))).toEqual(['memory_limiter', 'filter/operations', 'transform/bounded']);
    const conditions = texts(at(config, 'processors', 'filter/operations', 'trace_conditions'));
    expect(conditions).toEqual([
      `scope.name != "${SCOPE}"`,
      `span.attributes["${ATTR.method}"] == nil`,
      `span.attributes["${ATTR.leg}"] == true`,
    ]);
    const statements = texts(at(config, 'processors', 'transform/bounded', 'trace_statements')).join('\n');
    expect(statements).toContain(`set(span.attributes["${ATTR.method}"], "_OTHER") where span.name == "_OTHER"`);
    expect(statements).toContain(`set(span.attributes["${ATTR.toolName}"], "_OTHER")`);
  });

  it('are those of the mcpspan whose spans they are made of', () => {
    expect(at(connector, 'add_resource_attributes')).toBe(true);
    expect(at(connector, 'exclude_dimensions')).toBeUndefined();
  });
});

describe('the two tiers', () => {
  const agent = readYaml(AGENT);
  const gateway = readYaml(GATEWAY);
  const sampling = at(gateway, 'processors', 'tail_sampling');
  const policies = items(at(sampling, 'policies'));

  it('make the same series as the collector alone', () => {
    const alone = readYaml(ALONE);
    for (const path of [
      ['connectors', 'span_metrics'],
      ['processors', 'filter/operations'],
      ['processors', 'transform/bounded'],
    ]) {
      expect(at(agent, ...path)).toEqual(at(alone, ...path));
    }
  });

  it('bring all spans of a trace to one gateway', () => {
    const exporter = at(agent, 'exporters', 'load_balancing');
    expect(at(exporter, 'routing_key')).toBe('traceID');
    const port = variablesIn(agent).get('GATEWAY_PORT');
    expect(interpolate(String(at(gateway, 'receivers', 'otlp', 'protocols', 'grpc', 'endpoint')), {})).toBe(
      `127.0.0.1:${port}`,
    );
  });

  it('decide when a session that fell silent has been summed up, and not at its root', () => {
    const wait = seconds(interpolate(String(at(sampling, 'decision_wait')), {}));
    expect(wait).toBeGreaterThan(OPTIONS['idle-seconds'].default + 60);
    expect(at(sampling, 'decision_wait_after_root_received')).toBeUndefined();
  });

  it('keep sessions with errors, sessions that live, and a share of the rest', () => {
    expect(policies.map((policy) => [at(policy, 'name'), at(policy, 'type')])).toEqual([
      ['errors', 'status_code'],
      ['open-sessions', 'and'],
      ['the-rest', 'probabilistic'],
    ]);
    const [, open] = policies;
    const [opened, ended] = items(at(open, 'and', 'and_sub_policy'));
    expect(texts(at(opened, 'ottl_condition', 'span'))).toEqual([
      `span.name == "${SPAN.session}" and span.attributes["${ATTR.sessionSource}"] == "header"`,
    ]);
    expect(at(ended, 'type')).toBe('not');
    expect(texts(at(ended, 'not', 'not_sub_policy', 'ottl_condition', 'span'))).toEqual([
      `span.name == "${SPAN.summary}"`,
    ]);
  });

  it('remember a decision for longer than they hold the spans', () => {
    const traces = Number(at(sampling, 'num_traces'));
    expect(Number(at(sampling, 'decision_cache', 'sampled_cache_size'))).toBeGreaterThan(traces);
    expect(Number(at(sampling, 'decision_cache', 'non_sampled_cache_size'))).toBeGreaterThan(traces);
  });
});

describe('deploy/otel-collector-collect.yaml', () => {
  const config = readYaml('deploy/otel-collector-collect.yaml');
  const [condition = ''] = texts(at(config, 'processors', 'filter/mcp', 'trace_conditions'));

  it('lets the spans of each emitter through, also of those that write the method elsewhere', () => {
    expect(condition).toMatch(
      /^span\.attributes\["mcp\.method\.name"\] == nil and not IsMatch\(scope\.name, "[^"]+"\)$/,
    );
    const scopes = new RegExp(/"(\^[^"]+)"/.exec(condition)?.[1]?.replaceAll('\\\\', '\\') ?? '');
    const elsewhere = [...SDKS, ...GATEWAYS, ...INSTRUMENTATIONS].filter(
      ({ when = [], name, method, attributes }) =>
        !when.some(([attribute]) => attribute === 'mcp.method.name') &&
        (method !== undefined || attributes?.method !== undefined || name?.source.includes('(?<method>') === true),
    );
    const wanted = elsewhere.flatMap((dialect) => dialect.scopes.map((scope) => scope.replace(/\*$/, '.more')));
    expect(wanted.length).toBeGreaterThan(2);
    expect(wanted.filter((scope) => !scopes.test(scope))).toEqual([]);
    expect(scopes.test('io.opentelemetry.http')).toBe(false);
  });

  it('has the same condition as docs/collect.md', () => {
    expect(readText('docs/collect.md')).toContain(condition);
  });

  it('sends where collect receives unless told otherwise', () => {
    const { otlp } = DEFAULTS;
    expect(interpolate(String(at(config, 'exporters', 'otlp_http/mcpspan', 'endpoint')), {})).toBe(
      `http://${otlp.host}:${otlp.port}`,
    );
  });

  it('takes spans from the receiver at once, and gives up in the end', () => {
    const pipeline = at(config, 'service', 'pipelines', 'traces/mcpspan');
    expect(texts(at(pipeline, 'processors'))).toEqual(['filter/mcp', 'batch/mcpspan']);
    const exporter = at(config, 'exporters', 'otlp_http/mcpspan');
    expect(seconds(at(exporter, 'retry_on_failure', 'max_elapsed_time'))).toBeGreaterThan(0);
    expect(Number(at(exporter, 'sending_queue', 'queue_size'))).toBeGreaterThan(0);
  });
});
