import { getJson, withQuery } from './json.ts';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { binary } from './programs.ts';
import { shipped } from './shipped.ts';

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly { key: string; value: string | number | boolean }[];
  readonly logs: readonly { fields: readonly { key: string; value: unknown }[] }[];
  /** What Jaeger finds wrong with it: a parent that is not there, clocks that disagree. */
  readonly warnings: readonly string[] | null;
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly warnings: readonly string[] | null;
}

interface Search {
  readonly service?: string;
  /** The name of a span. */
  readonly operation?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Jaeger extends Running {
  /** HOST:PORT, OTLP over gRPC. */
  readonly otlp: string;
  services(): Promise<readonly string[]>;
  operations(service: string): Promise<readonly string[]>;
  /** What its search page finds. */
  find(search: Search): Promise<readonly JaegerTrace[]>;
}

/** Jaeger, with the shipped configuration. */
export const startJaeger = (): Promise<Jaeger> =>
  onFreePorts(5, async (query = 0, queryGrpc = 0, grpc = 0, http = 0, health = 0) => {
    const running = await start({
      name: 'jaeger',
      file: binary('jaeger'),
      args: ['--config', shipped('deploy/jaeger.yaml')],
      env: {
        // Else it traces itself, to localhost:4317.
        OTEL_TRACES_SAMPLER: 'always_off',
        JAEGER_QUERY_PORT: String(query),
        JAEGER_GRPC_PORT: String(queryGrpc),
        JAEGER_OTLP_GRPC_PORT: String(grpc),
        JAEGER_OTLP_HTTP_PORT: String(http),
        JAEGER_HEALTH_PORT: String(health),
      },
      ready: async () =>
        (await answers(`http://127.0.0.1:${health}/status`)) && answers(`http://127.0.0.1:${query}/api/services`),
    });
    return { ...running, otlp: `127.0.0.1:${grpc}`, ...jaegerAt(`http://127.0.0.1:${query}`) };
  });

/** What can be asked of a Jaeger at an address, wherever it runs. */
export function jaegerAt(url: string): Pick<Jaeger, 'services' | 'operations' | 'find'> {
  const api = `${url}/api`;
  const data = async <Item>(from: URL | string): Promise<readonly Item[]> =>
    (await getJson<{ data: readonly Item[] | null }>(from)).data ?? [];
  return {
    services: () => data<string>(`${api}/services`),
    operations: (service) => data<string>(`${api}/services/${encodeURIComponent(service)}/operations`),
    find: ({ service = 'mcpspan', operation, tags }) =>
      data<JaegerTrace>(
        withQuery(`${api}/traces`, {
          service,
          limit: '10000',
          lookback: '1h',
          ...(operation !== undefined && { operation }),
          ...(tags !== undefined && { tags: JSON.stringify(tags) }),
        }),
      ),
  };
}

export const tagOf = (span: JaegerSpan, key: string): string | number | boolean | undefined =>
  span.tags.find((tag) => tag.key === key)?.value;

/** A trace as an indented tree, in the order of the starts, the summary last. */
export function jaegerTree({ spans }: JaegerTrace, parent?: string): string[] {
  const late = (span: JaegerSpan): number => (span.operationName === 'mcp.session.summary' ? 1 : 0);
  return spans
    .filter((span) => span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID === parent)
    .toSorted((a, b) => late(a) - late(b) || a.startTime - b.startTime)
    .flatMap((span) => [
      tagOf(span, 'otel.status_code') === 'ERROR' ? `${span.operationName} ERROR` : span.operationName,
      ...jaegerTree({ traceID: span.traceID, spans, warnings: null }, span.spanID).map((line) => `  ${line}`),
    ]);
}

/** Everything that Jaeger has to complain of. */
export const warningsIn = (traces: readonly JaegerTrace[]): string[] =>
  traces.flatMap(({ traceID, spans, warnings }) => [
    ...(warnings ?? []).map((warning) => `${traceID}: ${warning}`),
    ...spans.flatMap((span) => (span.warnings ?? []).map((warning) => `${traceID} ${span.operationName}: ${warning}`)),
  ]);
