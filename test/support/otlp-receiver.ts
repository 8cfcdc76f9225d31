import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { listen } from './listen.ts';
import { LOGS, METRICS, TRACES } from './otlp-schema.ts';
import { logsOf, metricsOf, spansOf, type OtlpLog, type OtlpMetric, type OtlpSpan } from './otlp-signals.ts';
import { decodeMessage, type Schema, type Tree } from './protobuf.ts';
import { faultsOf } from './registry.ts';

/** `hold` keeps requests unanswered, and what they bring unseen, until the receiver is told something else. */
export type Behaviour = 'accept' | 'refuse' | 'hold' | { slowByMs: number };

export interface OtlpReceiver extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`: without a path. */
  readonly url: string;
  /** Everything accepted, in the order of arrival. */
  readonly spans: readonly OtlpSpan[];
  readonly logs: readonly OtlpLog[];
  /** The latest export of each metric of each resource and scope. */
  readonly metrics: readonly OtlpMetric[];
  /** Every body that arrived, decompressed, accepted or not: the place to look for what must not leave. */
  readonly raw: readonly Buffer[];
  /** Path and headers of every request, accepted or not. */
  readonly requests: readonly { path: string; headers: http.IncomingHttpHeaders }[];
  behave(behaviour: Behaviour): void;
  /**
   * Resolves once `predicate` holds, which is tried now and after every arrival.
   * Rejects, with a dump of what is there, after `timeoutMs` or when a body can't be decoded.
   */
  until(predicate: (receiver: OtlpReceiver) => boolean, label?: string, timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * An OTLP/HTTP receiver on a free loopback port: protobuf or JSON, gzip or plain, all three signals. What mcpspan sends has
 * to be as its registry describes it (`telemetry/registry/`), else closing the receiver fails.
 */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: OtlpSpan[] = [];
  const logs: OtlpLog[] = [];
  const metrics = new Map<string, OtlpMetric>();
  const raw: Buffer[] = [];
  const requests: { path: string; headers: http.IncomingHttpHeaders }[] = [];
  const faults: Error[] = [];
  const undescribed = new Set<string>();
  let behaviour: Behaviour = 'accept';
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  const signals: Record<string, { schema: Schema; keep: (request: Tree) => void }> = {
    '/v1/traces': { schema: TRACES, keep: (request) => spans.push(...spansOf(request)) },
    '/v1/logs': { schema: LOGS, keep: (request) => logs.push(...logsOf(request)) },
    '/v1/metrics': {
      schema: METRICS,
      keep: (request) => {
        for (const metric of metricsOf(request)) {
          const resource = JSON.stringify(metric.resource, (_, value) =>
            typeof value === 'bigint' ? `${value}` : value,
          );
          metrics.set([resource, metric.scope.name, metric.name].join('\0'), metric);
        }
      },
    },
  };

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await buffer(request);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    raw.push(plain);
    requests.push({ path: request.url ?? '', headers: request.headers });
    announce();
    if (typeof behaviour === 'object') await delay(behaviour.slowByMs);
    while (behaviour === 'hold') await changed.promise;
    const signal = signals[request.url ?? ''];
    if (behaviour === 'refuse' || signal === undefined) {
      response.writeHead(signal === undefined ? 404 : 503).end();
      return;
    }
    const json = request.headers['content-type'] === 'application/json';
    const message: Tree = json ? JSON.parse(plain.toString()) : decodeMessage(plain, signal.schema);
    for (const fault of faultsOf(request.url ?? '', message)) undescribed.add(fault);
    signal.keep(message);
    announce();
    response.writeHead(200, { 'content-type': json ? 'application/json' : 'application/x-protobuf' });
    response.end(json ? '{}' : undefined);
  }

  const server = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((fault: unknown) => {
        faults.push(new Error(`the OTLP receiver could not take ${request.url}`, { cause: fault }));
        announce();
        response.destroy();
      });
    }),
  );

  const close = async (): Promise<void> => {
    await server.close();
    if (undescribed.size > 0) throw new Error(`not as telemetry/registry says:\n${[...undescribed].join('\n')}`);
  };

  const receiver: OtlpReceiver = {
    url: server.url,
    spans,
    logs,
    raw,
    requests,
    get metrics() {
      return [...metrics.values()];
    },
    behave(next) {
      behaviour = next;
      announce();
    },
    async until(predicate, label = predicate.toString(), timeoutMs = 45_000) {
      const late = Promise.withResolvers<'late'>();
      const timer = setTimeout(() => late.resolve('late'), timeoutMs);
      try {
        for (;;) {
          if (faults[0] !== undefined) throw faults[0];
          if (predicate(receiver)) return;
          if ((await Promise.race([changed.promise, late.promise])) === 'late') {
            throw new Error(`not within ${timeoutMs} ms: ${label}\n${describe(receiver)}`);
          }
        }
      } finally {
        clearTimeout(timer);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return receiver;
}

function describe({ spans, metrics, logs, requests }: OtlpReceiver): string {
  const show = (value: unknown) =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner))?.slice(0, 600);
  return [
    `${requests.length} requests, ${spans.length} spans, ${metrics.length} metrics, ${logs.length} log records`,
    ...spans.map((span) => {
      const place = `${span.traceId.slice(0, 8)} ${span.parentSpanId ?? '-'} > ${span.spanId}`;
      return `span ${place} ${span.kind} '${span.name}' ${span.status.code} ${show(span.attributes)}`;
    }),
    ...metrics.flatMap((metric) =>
      metric.points.map((point) => {
        const value = 'value' in point ? point.value : `count ${point.count} sum ${point.sum}`;
        return `metric ${metric.name} ${value} ${show(point.attributes)}`;
      }),
    ),
    ...logs.map((log) => `log ${log.eventName} ${show(log.body)} ${show(log.attributes)}`),
  ].join('\n');
}
