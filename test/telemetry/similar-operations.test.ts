import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/observer/pipeline.ts';
import type { EventSink } from '../../src/session/event.ts';
import type { EndedOperation } from '../../src/session/operation.ts';
import { Privacy } from '../../src/session/privacy.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import type { SpanFacts } from '../../src/telemetry/finished-span.ts';
import { SimilarOperations } from '../../src/telemetry/similar-operations.ts';
import { createSpanSink, type SpanOptions } from '../../src/telemetry/spans.ts';
import { createSampler } from '../../src/transport/trace/sampling.ts';
import { fromLine } from '../recordings/wire-lines.ts';
import { startRecorder } from './recorder.ts';

const RECORDINGS = new URL('../recordings/', import.meta.url);

const sinkInto = (spans: SpanFacts[]): SpanOptions => ({
  writers: [{ write: (span) => void spans.push(span) }],
  server: { name: 'quiz:3000', address: 'quiz', port: 3_000 },
  privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp' }),
  sampler: createSampler({ root: 'always_on', ratio: 1 }),
  followsCaller: false,
  longestValue: undefined,
  skew: () => 0,
});

/** What the spans of all recordings say, except for ids, some of which are made by chance. */
function recorded(sinkFor: (options: SpanOptions) => EventSink): object[] {
  const spans: SpanFacts[] = [];
  const pipeline = createPipeline({
    settings: { ...DEFAULTS, spans: 'server+client' },
    server: 'quiz:3000',
    instance: 'similar',
    listensOnLoopback: true,
    onFolded: () => {},
    onWithheld: () => {},
  });
  pipeline.add(sinkFor(sinkInto(spans)));
  const reader = pipeline.reader();
  for (const [index, file] of globSync('*/*.jsonl', { cwd: RECORDINGS.pathname }).toSorted().entries()) {
    const lines = readFileSync(new URL(file, RECORDINGS), 'utf8').trimEnd().split('\n');
    for (const event of lines.map(fromLine)) reader.take({ ...event, exchange: event.exchange + index * 10_000 });
  }
  return spans.map(({ common, attributes, name, kind }) => ({ ...common, ...attributes, name, kind }));
}

it('a span in recorded traffic says the same, whatever was seen before', () => {
  const together = recorded(createSpanSink);
  // A sink that is made for one event remembers nothing.
  const alone = recorded((options) => (event) => createSpanSink(options)(event));
  expect(together.length).toBeGreaterThan(200);
  expect(together).toEqual(alone);
});

describe('operations of one client and tool', () => {
  const { talk } = startRecorder();
  const base: EndedOperation = {
    ...talk.call(undefined, 'quiz', { 'User-Agent': 'cursor/1.0' }),
    targetLabel: '_OTHER',
  };
  const { request } = base.exchange;
  const withRequest = (more: object): EndedOperation => ({
    ...base,
    exchange: { ...base.exchange, request: { ...request, ...more } },
  });
  const other: Record<string, EndedOperation> = {
    'mcp.method.name': { ...base, method: 'prompts/get' },
    'gen_ai.tool.name': { ...base, target: { kind: 'tool', name: 'poll' } },
    'mcpspan.session.source': { ...base, source: 'header' },
    'mcpspan.era': { ...base, era: 'modern' },
    'mcp.protocol.version': { ...base, protocolVersion: '2031-01-01' },
    'mcp.client.name': { ...base, client: { ...base.client, name: 'other' } },
    'mcp.client.version': { ...base, client: { ...base.client, version: '2.0' } },
    'user_agent.original': withRequest({ userAgent: 'cursor/2.0' }),
    'url.path': withRequest({ path: '/other' }),
    'network.protocol.version': withRequest({ httpVersion: '1.0' }),
    'network.transport': withRequest({ carrier: 'stdio', path: undefined, httpVersion: undefined }),
  };

  it.each(Object.entries(other))('that differ in %s keep the difference', (name, operation) => {
    const similar = new SimilarOperations(sinkInto([]));
    const first = similar.of(base);
    expect(similar.of(operation)).toEqual(new SimilarOperations(sinkInto([])).of(operation));
    expect(similar.of(operation).attributes[name]).not.toBe(first.attributes[name]);
    expect(similar.of(base)).toBe(first);
  });

  it('are remembered within bounds', () => {
    const similar = new SimilarOperations(sinkInto([]));
    const first = similar.of(base);
    for (let index = 0; index < 40; index++) similar.of(withRequest({ userAgent: `cursor/${index}` }));
    const again = similar.of(base);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
    for (let index = 0; index < 5_000; index++) similar.of({ ...base, clientLabel: `client ${index}` });
    expect(similar.of(base)).not.toBe(again);
  });
});
