import { join } from 'node:path';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { binary } from './programs.ts';
import { inScratch } from './scratch.ts';
import { shipped } from './shipped.ts';

/** Where the collector sends; what is absent is a port where nobody listens. */
export interface Backends {
  /** HOST:PORT, OTLP over gRPC. */
  readonly jaeger?: string;
  readonly tempo?: string;
  /** URL, OTLP over HTTP. */
  readonly prometheus?: string;
}

export interface Collector extends Running {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT` (HTTP). */
  readonly otlpUrl: string;
  /** Its own metrics, as Prometheus reads them. */
  readonly metricsUrl: string;
  /** For `startCollector`: what was stopped, or killed, starts again with the same ports and queue. */
  readonly place: Place;
}

/** Its ports and its disk. */
export interface Place {
  readonly ports: { readonly grpc: number; readonly http: number; readonly health: number; readonly metrics: number };
  readonly queue: string;
}

const NOBODY = '127.0.0.1:9';

export interface CollectorOptions {
  /** Another file than the usual one. */
  readonly config?: string;
  /** Files that are merged into it. */
  readonly added?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its own metrics are to be, for a Prometheus that was told before. */
  readonly metricsPort?: number;
}

/** A place, and a collector in it that runs the shipped configuration. The place goes away with it. */
export const openCollector = (backends: Backends, options: CollectorOptions = {}): Promise<Collector> =>
  inScratch('collector', (disk) =>
    onFreePorts(4, (grpc = 0, http = 0, health = 0, metrics = 0) => {
      const ports = { grpc, http, health, metrics: options.metricsPort ?? metrics };
      return startCollector({ ports, queue: join(disk.folder, 'queue') }, backends, options);
    }),
  );

/** The collector with the shipped configuration, in a place where none runs now. */
export async function startCollector(
  place: Place,
  backends: Backends,
  { config = shipped('otel-collector-config.yaml'), added = [], env = {} }: Omit<CollectorOptions, 'metricsPort'> = {},
): Promise<Collector> {
  const { ports, queue } = place;
  const running = await start({
    name: 'collector',
    file: binary('otelcol'),
    args: [config, ...added].flatMap((each) => ['--config', each]),
    env: {
      COLLECTOR_HOST: '127.0.0.1',
      OTLP_GRPC_PORT: String(ports.grpc),
      OTLP_HTTP_PORT: String(ports.http),
      HEALTH_PORT: String(ports.health),
      METRICS_PORT: String(ports.metrics),
      COLLECTOR_QUEUE: queue,
      JAEGER_ENDPOINT: backends.jaeger ?? NOBODY,
      TEMPO_ENDPOINT: backends.tempo ?? NOBODY,
      PROMETHEUS_ENDPOINT: backends.prometheus ?? `http://${NOBODY}`,
      SPAN_METRICS_INTERVAL: '1s',
      ...env,
    },
    ready: () => answers(`http://127.0.0.1:${ports.health}/`),
  });
  return {
    ...running,
    otlpUrl: `http://127.0.0.1:${ports.http}`,
    metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    place,
  };
}
