import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { startOtlpReceiver } from './otlp-receiver.ts';

const resource = resourceFromAttributes({ 'service.name': 'tested', 'process.pid': 7 });
const origin = { resource: { 'service.name': 'tested', 'process.pid': 7 }, scope: { name: 'scope', version: '1.2' } };

describe.each([
  { protocol: 'protobuf', Trace: ProtoTraceExporter, Metric: ProtoMetricExporter, Log: ProtoLogExporter },
  { protocol: 'JSON', Trace: JsonTraceExporter, Metric: JsonMetricExporter, Log: JsonLogExporter },
])('what the OpenTelemetry SDK exports as $protocol', ({ Trace, Metric, Log }) => {
  it('is read back as the span that was made', async () => {
    await using receiver = await startOtlpReceiver();
    const exporter = new Trace({ url: `${receiver.url}/v1/traces` });
    const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    const span = provider.getTracer('scope', '1.2').startSpan('tools/call überall', {
      kind: SpanKind.SERVER,
      startTime: [1_700_000_000, 123_456_789],
      links: [{ context, attributes: { why: 'root' } }],
      attributes: { text: '', int: -3, double: 1.5, yes: true, no: false, list: ['a', 'b'], big: 2 ** 40 },
    });
    span.addEvent('progress', { step: 1 }, [1_700_000_000, 200_000_000]);
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'gone' });
    span.end([1_700_000_001, 1]);
    await provider.forceFlush();

    expect(receiver.spans).toEqual([
      {
        ...origin,
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parentSpanId: undefined,
        name: 'tools/call überall',
        kind: 'server',
        startNs: 1_700_000_000_123_456_789n,
        endNs: 1_700_000_001_000_000_001n,
        attributes: { text: '', int: -3, double: 1.5, yes: true, no: false, list: ['a', 'b'], big: 2 ** 40 },
        events: [{ name: 'progress', timeNs: 1_700_000_000_200_000_000n, attributes: { step: 1 } }],
        links: [{ traceId: context.traceId, spanId: context.spanId, attributes: { why: 'root' } }],
        status: { code: 'error', message: 'gone' },
        flags: expect.any(Number),
      },
    ]);
    expect((receiver.spans[0]?.flags ?? 0) & 0xff).toBe(TraceFlags.SAMPLED);
    await provider.shutdown();
  });

  it('is read back as the latest state of each metric', async () => {
    await using receiver = await startOtlpReceiver();
    const exporter = new Metric({ url: `${receiver.url}/v1/metrics` });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const meter = provider.getMeter('scope', '1.2');
    const calls = meter.createCounter('calls', { unit: '{call}', description: 'Calls made' });
    calls.add(2, { client: 'chatgpt' });
    meter.createUpDownCounter('open').add(-1);
    meter.createObservableGauge('temperature').addCallback((result) => result.observe(36.6));
    const boundaries = [0.01, 0.1, 1];
    const seconds = meter.createHistogram('duration', { unit: 's', advice: { explicitBucketBoundaries: boundaries } });
    for (const value of [0.0078125, 0.5, 0.5, 7]) seconds.record(value, { method: 'tools/call' });
    await provider.forceFlush();
    calls.add(3, { client: 'chatgpt' });
    await provider.forceFlush();

    const metric = (name: string) => receiver.metrics.filter((candidate) => candidate.name === name);
    const point = { startNs: expect.any(BigInt), timeNs: expect.any(BigInt) };
    expect(metric('calls')).toEqual([
      {
        ...origin,
        name: 'calls',
        unit: '{call}',
        description: 'Calls made',
        kind: 'sum',
        temporality: 'cumulative',
        monotonic: true,
        points: [{ ...point, attributes: { client: 'chatgpt' }, value: 5 }],
      },
    ]);
    expect(metric('open')).toMatchObject([{ kind: 'sum', monotonic: false, points: [{ value: -1, attributes: {} }] }]);
    expect(metric('temperature')).toMatchObject([{ kind: 'gauge', points: [{ value: 36.6 }] }]);
    expect(metric('duration')).toMatchObject([
      {
        kind: 'histogram',
        unit: 's',
        temporality: 'cumulative',
        points: [
          {
            ...point,
            attributes: { method: 'tools/call' },
            count: 4,
            sum: 8.0078125,
            bucketCounts: [1, 0, 2, 1],
            explicitBounds: boundaries,
          },
        ],
      },
    ]);
    await provider.shutdown();
  });

  it('is read back as the log record that was written', async () => {
    await using receiver = await startOtlpReceiver();
    const exporter = new Log({ url: `${receiver.url}/v1/logs` });
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    provider.getLogger('scope', '1.2').emit({
      eventName: 'mcpspan.session.ended',
      body: { sessions: 1, list: [true] },
      attributes: { reason: 'idle' },
      severityNumber: 9,
      severityText: 'INFO',
      timestamp: [1_700_000_000, 5],
    });
    await provider.forceFlush();

    expect(receiver.logs).toEqual([
      {
        ...origin,
        eventName: 'mcpspan.session.ended',
        body: { sessions: 1, list: [true] },
        attributes: { reason: 'idle' },
        severity: { number: 9, text: 'INFO' },
        timeNs: 1_700_000_000_000_000_005n,
        traceId: undefined,
        spanId: undefined,
      },
    ]);
    await provider.shutdown();
  });
});

describe('the OTLP receiver', () => {
  const send = (url: string, body: object) =>
    fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const oneSpan = (name: string) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ name }] }] }] });

  it('unpacks gzip, and keeps the unpacked body for marker searches', async () => {
    await using receiver = await startOtlpReceiver();
    // The SDK's enum of compressions is not exported by the package; its value is the content coding itself.
    const configuration = { url: `${receiver.url}/v1/traces`, compression: 'gzip' } as ConstructorParameters<
      typeof ProtoTraceExporter
    >[0];
    const exporter = new ProtoTraceExporter(configuration);
    const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
    provider
      .getTracer('scope')
      .startSpan('squeezed', { attributes: { marker: 'needle-in-the-hay' } })
      .end();
    await provider.forceFlush();

    expect(receiver.requests[0]?.headers['content-encoding']).toBe('gzip');
    expect(receiver.spans.map((span) => span.name)).toEqual(['squeezed']);
    expect(receiver.raw.some((body) => body.includes('needle-in-the-hay'))).toBe(true);
    await provider.shutdown();
  });

  it('refuses with 503 and takes nothing in while it is told to', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behave('refuse');
    expect((await send(receiver.url, oneSpan('early'))).status).toBe(503);
    receiver.behave('accept');
    expect((await send(receiver.url, oneSpan('late'))).status).toBe(200);
    expect(receiver.spans.map((span) => span.name)).toEqual(['late']);
    expect(receiver.raw).toHaveLength(2);
  });

  it('holds requests until it is told to go on', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behave('hold');
    const answer = send(receiver.url, oneSpan('held'));
    await receiver.until(({ requests }) => requests.length === 1);
    expect(receiver.spans).toEqual([]);
    receiver.behave({ slowByMs: 1 });
    expect((await answer).status).toBe(200);
    expect(receiver.spans).toHaveLength(1);
  });

  it('lets a test wait for what has not arrived yet', async () => {
    await using receiver = await startOtlpReceiver();
    const both = receiver.until(({ spans }) => spans.length === 2, 'both spans');
    await send(receiver.url, oneSpan('first'));
    await send(receiver.url, oneSpan('second'));
    await both;
    expect(receiver.spans.map((span) => span.name)).toEqual(['first', 'second']);
  });

  it('says what was awaited and what is there when it never arrives', async () => {
    await using receiver = await startOtlpReceiver();
    await send(receiver.url, oneSpan('another'));
    const never = receiver.until(({ spans }) => spans.length === 2, 'a second span', 50);
    await expect(never).rejects.toThrow(/not within 50 ms: a second span\n1 requests, 1 spans[^]*'another'/);
  });

  it('rejects instead of waiting on when a body cannot be decoded', async () => {
    await using receiver = await startOtlpReceiver();
    const waiting = expect(receiver.until(() => false)).rejects.toThrow('could not take /v1/traces');
    const body = Buffer.from([0x0a, 0x7f, 0x01]);
    await expect(fetch(`${receiver.url}/v1/traces`, { method: 'POST', body })).rejects.toThrow('fetch failed');
    await waiting;
  });
});
