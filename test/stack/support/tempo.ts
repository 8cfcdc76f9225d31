import { getJson, withQuery } from './json.ts';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { inScratch } from './scratch.ts';
import { shipped } from './shipped.ts';

/** It can't be built from the module proxy: the tests with it run when this variable names one. */
export const TEMPO_BIN = process.env['TEMPO_BIN'];

export interface Found {
  /** Without leading zeros. */
  readonly traceID: string;
  readonly rootTraceName: string;
  readonly spanSets: readonly { spans: readonly { attributes?: readonly { key: string; value: object }[] }[] }[];
}

export interface Tempo extends Running {
  /** HOST:PORT, OTLP over gRPC. */
  readonly otlp: string;
  /** The names of a trace's spans, as soon as it arrived; undefined: it did not yet. */
  spanNames(traceId: string): Promise<string[] | undefined>;
  /** A TraceQL search. @throws when it does not parse */
  search(query: string): Promise<readonly Found[]>;
}

interface Trace {
  readonly batches: readonly { scopeSpans: readonly { spans: readonly { name: string }[] }[] }[];
}

/** Tempo, with the shipped configuration. */
export const startTempo = (): Promise<Tempo> =>
  inScratch('tempo', (disk) =>
    onFreePorts(3, async (http = 0, grpc = 0, otlp = 0) => {
      if (TEMPO_BIN === undefined) throw new Error('TEMPO_BIN is not set');
      const api = `http://127.0.0.1:${http}`;
      const running = await start({
        name: 'tempo',
        file: TEMPO_BIN,
        args: [`-config.file=${shipped('deploy/tempo.yaml')}`, '-config.expand-env=true'],
        env: {
          TEMPO_DIR: disk.folder,
          TEMPO_HTTP_PORT: String(http),
          TEMPO_GRPC_PORT: String(grpc),
          TEMPO_OTLP_GRPC_PORT: String(otlp),
          TEMPO_TRACE_IDLE: '500ms',
          TEMPO_FLUSH_CHECK: '500ms',
        },
        ready: () => answers(`${api}/ready`),
      });
      return {
        ...running,
        otlp: `127.0.0.1:${otlp}`,
        async spanNames(traceId) {
          const answer = await fetch(`${api}/api/traces/${traceId}`);
          const text = await answer.text();
          if (answer.status === 404) return undefined;
          if (answer.status !== 200) throw new Error(`Tempo answers ${answer.status}: ${text}`);
          // What its API documents.
          const { batches } = JSON.parse(text) as Trace;
          return batches.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));
        },
        search: async (query) =>
          (await getJson<{ traces: readonly Found[] }>(withQuery(`${api}/api/search`, { q: query, limit: '100' })))
            .traces,
      };
    }),
  );
