import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getJson, withQuery } from './json.ts';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { binary } from './programs.ts';
import { inScratch } from './scratch.ts';
import { shipped } from './shipped.ts';

export type Labels = Readonly<Record<string, string>>;

/** A series and its value now, NaN and the infinities included; of a native histogram, its count. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Exemplar {
  readonly series: Labels;
  readonly labels: Labels;
  readonly value: number;
}

export interface Prometheus extends Running {
  readonly url: string;
  /** URL of its OTLP receiver. */
  readonly otlp: string;
  /** An instant query, of now or of another time in seconds from now. @throws when it does not parse */
  query(expression: string, at?: number): Promise<readonly Sample[]>;
  /** Label sets of all series that match, over the whole time there is. */
  series(match: string): Promise<readonly Labels[]>;
  exemplars(expression: string): Promise<readonly Exemplar[]>;
  /** What becomes of the rules. */
  rules(): Promise<readonly { name: string; health: string; lastError?: string; type: string; state?: string }[]>;
}

interface Answer<Data> {
  readonly data: Data;
}

export interface PrometheusOptions {
  /** HOST:PORT. */
  readonly alertmanager?: string;
  /** HOST:PORT of the collector's own metrics. */
  readonly collector?: string;
  /** Text of the rule file; absent: no rules. */
  readonly rules?: string;
}

const NOBODY = '127.0.0.1:9';

/**
 * Prometheus with the shipped configuration, which reads no environment: a copy of it has other addresses, and works
 * every second instead of every fifteen.
 */
export const startPrometheus = ({ alertmanager, collector, rules }: PrometheusOptions = {}): Promise<Prometheus> =>
  inScratch('prometheus', (disk) =>
    onFreePorts(1, async (port = 0) => {
      const url = `http://127.0.0.1:${port}`;
      const config = await disk.copy(shipped('deploy/prometheus.yml'), {
        'scrape_interval: 15s': 'scrape_interval: 1s',
        'evaluation_interval: 15s': 'evaluation_interval: 1s',
        'alertmanager:9093': alertmanager ?? NOBODY,
        'collector:8888': collector ?? NOBODY,
        'localhost:9090': `127.0.0.1:${port}`,
      });
      if (rules !== undefined) await writeFile(join(disk.folder, 'mcpspan.rules.yml'), rules);
      const running = await start({
        name: 'prometheus',
        file: binary('prometheus'),
        args: [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(disk.folder, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--web.enable-otlp-receiver',
          '--enable-feature=exemplar-storage',
        ],
        ready: () => answers(`${url}/-/ready`),
      });
      return { ...running, ...prometheusAt(url) };
    }),
  );

/** What can be asked of a Prometheus at an address, wherever it runs. */
export function prometheusAt(url: string): Omit<Prometheus, keyof Running> {
  const ask = async <Data>(path: string, query: Labels = {}): Promise<Data> =>
    (await getJson<Answer<Data>>(withQuery(`${url}/api/v1/${path}`, query))).data;
  return {
    url,
    otlp: `${url}/api/v1/otlp`,
    async query(expression, at = 0) {
      const time = String(Date.now() / 1_000 + at);
      const { resultType, result } = await ask<Result>('query', { query: expression, time });
      if (resultType === 'vector') {
        return result.map(({ metric, value, histogram }) => ({
          labels: metric,
          value: Number(value?.[1] ?? histogram?.[1].count),
        }));
      }
      if (resultType === 'scalar') return [{ labels: {}, value: Number(result[1]) }];
      throw new Error(`an instant query has no ${resultType}`);
    },
    series: (match) => ask('series', { 'match[]': match, start: '0' }),
    async exemplars(expression) {
      const span = { start: '0', end: String(Date.now() / 1_000 + 60) };
      const found = await ask<ExemplarResult[]>('query_exemplars', { query: expression, ...span });
      return found.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.map(({ labels, value }) => ({ series: seriesLabels, labels, value: Number(value) })),
      );
    },
    async rules() {
      const { groups } = await ask<{ groups: { rules: Awaited<ReturnType<Prometheus['rules']>> }[] }>('rules');
      return groups.flatMap((group) => group.rules);
    },
  };
}

type Result =
  | {
      resultType: 'vector';
      result: readonly { metric: Labels; value?: [number, string]; histogram?: [number, { count: string }] }[];
    }
  | { resultType: 'scalar'; result: [number, string] }
  | { resultType: 'matrix' | 'string'; result: unknown };

interface ExemplarResult {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { labels: Labels; value: string }[];
}

/** The sum of the values of a query's series. */
export const sumOf = (samples: readonly Sample[]): number => samples.reduce((sum, { value }) => sum + value, 0);
