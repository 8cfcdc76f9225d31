import { EventEmitter, once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { countSpans } from '../../../bench/span-count.ts';
import { httpServer } from '../../support/listen.ts';
import { METRICS } from '../../support/otlp-schema.ts';
import { metricsOf, type OtlpMetric } from '../../support/otlp-signals.ts';
import { decodeMessage } from '../../support/protobuf.ts';

/** It has one series, so it is in one of the several requests of an export. */
const ONCE_IN_AN_EXPORT = 'mcpspan.self.observer_restarts';

/** Takes OTLP as protobuf over HTTP. It counts spans, and keeps the metrics that came last. */
export interface FleetSink extends AsyncDisposable {
  url: string;
  spans(): number;
  /** Waits for the requests of an export of metrics that begins from now on. */
  nextMetrics(): Promise<readonly Buffer[]>;
}

export async function startFleetSink(): Promise<FleetSink> {
  let spans = 0;
  let metrics: Buffer[] = [];
  const exports = new EventEmitter<{ whole: [readonly Buffer[]] }>();
  const listening = await httpServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.url === '/v1/traces') spans += countSpans(body);
      else if (request.url === '/v1/metrics') metrics.push(body);
      if (body.includes(ONCE_IN_AN_EXPORT)) {
        exports.emit('whole', metrics);
        metrics = [];
      }
      response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 }).end();
    });
  });
  return {
    url: listening.url,
    spans: () => spans,
    async nextMetrics() {
      // One that is under way began too early, and its last requests come after this one.
      await once(exports, 'whole');
      await once(exports, 'whole');
      const [requests]: (readonly Buffer[])[] = await once(exports, 'whole');
      return requests ?? [];
    },
    [Symbol.asyncDispose]: listening.close,
  };
}

export interface Exported {
  /** The points of each metric, one for each label set. */
  points: ReadonlyMap<string, readonly OtlpMetric['points'][number][]>;
  /** How many series Prometheus makes of them: of a histogram, one for each bucket, its sum and its count. */
  series: number;
  bytes: number;
  requests: number;
}

/** Puts together what was exported. A metric with many series is in several requests. */
export function exportedIn(requests: readonly Buffer[]): Exported {
  const points = new Map<string, Map<string, OtlpMetric['points'][number]>>();
  for (const metric of requests.flatMap((body) => metricsOf(decodeMessage(body, METRICS)))) {
    const own = points.get(metric.name) ?? new Map<string, OtlpMetric['points'][number]>();
    points.set(metric.name, own);
    for (const point of metric.points) own.set(JSON.stringify(point.attributes), point);
  }
  const all = new Map([...points].map(([name, own]) => [name, [...own.values()]]));
  return {
    points: all,
    series: [...all.values()].flat().reduce((sum, point) => sum + seriesOf(point), 0),
    bytes: requests.reduce((sum, { length }) => sum + length, 0),
    requests: requests.length,
  };
}

const seriesOf = (point: OtlpMetric['points'][number]): number =>
  'bucketCounts' in point ? point.bucketCounts.length + 2 : 1;
