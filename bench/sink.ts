import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { METRICS } from '../test/support/otlp-schema.ts';
import { metricsOf, type OtlpMetric } from '../test/support/otlp-signals.ts';
import { decodeMessage } from '../test/support/protobuf.ts';
import { announce } from './announce.ts';
import { countSpans } from './span-count.ts';

/*
 * Takes OTLP over http/protobuf and throws it away. It keeps the number of spans and the last value of each metric,
 * which `GET /` returns as JSON.
 */

/** The answer to `GET /`. */
export interface Taken {
  spans: number;
  requests: number;
  bytes: number;
  /** The sum over all label sets, of counters and gauges. */
  metrics: Record<string, number>;
}

const taken: Taken = { spans: 0, requests: 0, bytes: 0, metrics: {} };

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(taken));
    return;
  }
  buffer(request).then(
    (body) => {
      taken.requests++;
      taken.bytes += body.length;
      if (request.url === '/v1/traces') taken.spans += countSpans(body);
      else if (request.url === '/v1/metrics')
        for (const metric of metricsOf(decodeMessage(body, METRICS))) taken.metrics[metric.name] = total(metric);
      response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 }).end();
    },
    () => response.destroy(),
  );
});

function total(metric: OtlpMetric): number {
  return metric.kind === 'histogram'
    ? metric.points.reduce((sum, point) => sum + point.count, 0)
    : metric.points.reduce((sum, point) => sum + point.value, 0);
}

announce(server);
