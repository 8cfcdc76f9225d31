import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATTR, EVENT, METRIC } from '../../src/telemetry/semconv.ts';
import { ATTRIBUTES } from '../../telemetry/attributes.ts';
import { withTables } from '../../telemetry/documents.ts';
import { registry } from '../../telemetry/registry.ts';
import { LABELS, LOG_EVENTS, SERVER_SPANS, SPAN_EVENTS, SPANS, type Carried } from '../../telemetry/signals.ts';
import { faultsOf } from '../support/registry.ts';
import type { Tree } from '../support/protobuf.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const signals: readonly Carried[] = [
  ...Object.values(SPANS),
  SPAN_EVENTS,
  SERVER_SPANS,
  ...Object.values(LABELS),
  ...Object.values(LOG_EVENTS),
];

describe('telemetry/registry', () => {
  it('is what `npm run telemetry:build` writes', () => {
    const { version } = JSON.parse(read('package.json'));
    const files = registry(version);
    expect(readdirSync(join(root, 'telemetry/registry')).toSorted()).toEqual(files.map(({ path }) => path).toSorted());
    for (const { path, text } of files) expect(read(join('telemetry/registry', path)), path).toBe(text);
  });

  it('describes no attribute that no signal carries', () => {
    const carried = new Set<string>(signals.flatMap(({ always, sometimes = [] }) => [...always, ...sometimes]));
    expect(Object.keys(ATTR).filter((key) => !carried.has(key))).toEqual([]);
  });

  it('has each name once', () => {
    const names = [...Object.values(ATTR), ...Object.values(EVENT), ...Object.values(METRIC).map(({ name }) => name)];
    expect(names.length).toBe(new Set(names).size);
  });

  it('asks for no attribute twice on one signal', () => {
    for (const { always, sometimes = [] } of signals) {
      const keys = [...always, ...sometimes];
      expect(keys.length).toBe(new Set(keys).size);
    }
  });

  it('has a sentence for each thing, with no full stop, as the descriptions of metrics are', () => {
    const texts = [...Object.values(ATTRIBUTES), ...Object.values(LOG_EVENTS), ...Object.values(SPANS)].map(
      ({ brief }) => brief,
    );
    for (const text of [...texts, ...Object.values(METRIC).map(({ description }) => description)])
      expect(text).toMatch(/^[A-Z`].{8,}[^.]$/);
  });
});

it('docs/telemetry.md has the tables that the registry is made from', () => {
  expect(withTables(read('docs/telemetry.md'))).toBe(read('docs/telemetry.md'));
});

describe('what mcpspan exports is held against the registry, which', () => {
  const pair = (key: string, value: object) => ({ key, value });
  const label = (key: string, text: string) => pair(key, { stringValue: text });
  const metric = (content: Tree): Tree => ({
    resourceMetrics: [{ scopeMetrics: [{ scope: { name: 'mcpspan' }, metrics: [content] }] }],
  });
  const point = (...attributes: object[]) => ({ sum: { isMonotonic: true, dataPoints: [{ attributes }] } }) as Tree;
  const client = [label('mcpspan.server', 'quiz'), label('mcpspan.client', 'chatgpt')];

  it('finds a metric that it does not know', () => {
    expect(faultsOf('/v1/metrics', metric({ name: 'mcpspan.new' }))).toEqual(['metric mcpspan.new is not described']);
  });

  it('finds another unit and another instrument', () => {
    const content = { name: 'mcpspan.tools.unknown', unit: 's', gauge: { dataPoints: [{ attributes: client }] } };
    expect(faultsOf('/v1/metrics', metric(content as unknown as Tree))).toEqual([
      'metric mcpspan.tools.unknown is a gauge, not a counter',
      'metric mcpspan.tools.unknown is in s, not {call}',
    ]);
  });

  it('finds an attribute that is missing, one too many, one of another type, and a value that is none', () => {
    const wrong = point(
      label('mcpspan.server', 'quiz'),
      pair('mcpspan.handshake.kind', { intValue: '1' }),
      label('mcpspan.era', 'ancient'),
      label('mcpspan.leg', 'x'),
    );
    expect(faultsOf('/v1/metrics', metric({ name: 'mcpspan.handshakes', unit: '{handshake}', ...wrong }))).toEqual([
      'metric mcpspan.handshakes has no mcpspan.client',
      "mcpspan.handshake.kind on metric mcpspan.handshakes is '', which is no member",
      "mcpspan.era on metric mcpspan.handshakes is 'ancient', which is no member",
      'metric mcpspan.handshakes has mcpspan.leg, which is not described',
    ]);
  });

  it('finds a span and a log event that it does not know', () => {
    const span = { name: 'mcp.other', kind: 1 };
    const traces = { resourceSpans: [{ scopeSpans: [{ scope: { name: 'mcpspan' }, spans: [span] }] }] };
    expect(faultsOf('/v1/traces', traces)).toEqual(['span mcp.other of kind internal is not described']);
    const logs = { resourceLogs: [{ scopeLogs: [{ scope: { name: 'mcpspan' }, logRecords: [{ eventName: 'x' }] }] }] };
    expect(faultsOf('/v1/logs', logs)).toEqual(['event x is not described']);
  });

  it('leaves what others export alone', () => {
    const traces = { resourceSpans: [{ scopeSpans: [{ scope: { name: 'other' }, spans: [{ name: 'x', kind: 1 }] }] }] };
    expect(faultsOf('/v1/traces', traces)).toEqual([]);
  });
});
