import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { filled, panelQueries, variableQueries, type PanelQuery } from './support/dashboards.ts';
import { eventually } from './support/eventually.ts';
import { tagOf } from './support/jaeger.ts';
import { goAgainstTheRules, goOddly } from './support/odd-traffic.ts';
import { TEMPO_BIN } from './support/tempo.ts';
import { goAway, playEverybody, startWhole, type Whole } from './support/whole.ts';

// Does every panel show something, and every rule record something, when the simulated clients play?

/** How much shorter the windows of the rules are: a quarter of an hour is half a minute. */
const FASTER = 30;

/** Twenty calls and more of each client, below which ratios are not shown. */
const MINUTES = 8;

/** What there is nothing of in a fresh pipeline where all goes well, and why. */
const EXPECTED_EMPTY: readonly { why: string; is(query: PanelQuery): boolean }[] = [
  {
    why: 'compares with the period before, in which nothing ran',
    is: ({ where }) => /^mcpspan-overview [1-5] B$/.test(where),
  },
  { why: 'tells changes, and nobody changed what they do', is: ({ where }) => where.endsWith(' annotation') },
  {
    why: 'is of failures, and the collector has those series from the first one on',
    is: ({ text }) => /otelcol_exporter_(enqueue|send)_failed_/.test(text),
  },
];

/** Seconds from now. A subquery looks at every fifth minute only, and the next of them is after the traffic. */
const WHEN = [0, 300];

const VALUES = {
  server: '.*',
  client: '.*',
  tool: '.*',
  instance: '.*',
  window: '15m',
  long: '1s',
  price_per_server_hour: '0.10',
  __interval: '2m',
  __rate_interval: '4m',
  __range: '1h',
  __range_s: '3600',
};

const stack = new AsyncDisposableStack();
let whole: Whole;

beforeAll(async () => {
  const rules = prometheusRules(RULE_GROUPS, FASTER);
  whole = stack.use(await startWhole({ idleSeconds: 3, withTempo: true, rules }));
  const goTheirWay = async (): Promise<void> => {
    await Promise.all([goOddly(whole.everything.url), goAgainstTheRules(whole.shop.url), goAway(whole)]);
  };
  await Promise.all([playEverybody(whole, MINUTES), goTheirWay()]);
  // Once more: a rate needs two.
  await goTheirWay();
}, 120_000);
afterAll(() => stack.disposeAsync());

const queries = panelQueries();

/** First, since it looks back for half a minute only. */
describe('a recording rule', () => {
  const UNREACHABLE = 'server:mcp_server_operation_unreachable:increase5m';
  const recorded = RULE_GROUPS.flatMap(({ recording }) => recording.map(({ record }) => record));

  it.each(recorded)('has a figure: %s', async (name) => {
    const found = async (): Promise<number> => (await whole.prometheus.query(name)).length;
    // The servers answer.
    if (name === UNREACHABLE) expect(await found()).toBe(0);
    else await eventually(name, async () => ((await found()) > 0 ? true : undefined), 10);
  });
});

describe('a panel', () => {
  it.each(queries.filter(({ language }) => language === 'promql'))('$where shows: $title', async (panelQuery) => {
    const query = filled(panelQuery.text, VALUES);
    const shown = async (at: number): Promise<number> =>
      (await whole.prometheus.query(query, at)).filter(({ value }) => !Number.isNaN(value)).length;
    const nothing = EXPECTED_EMPTY.find(({ is }) => is(panelQuery));
    if (nothing !== undefined) {
      expect(await shown(0), `expected to be empty: it ${nothing.why}`).toBe(0);
      return;
    }
    await eventually(
      `an answer to ${query}`,
      async () => {
        for (const at of WHEN) if ((await shown(at)) > 0) return true;
        return undefined;
      },
      10,
    );
  });
});

describe('a choice at the top', () => {
  it.each(variableQueries())('has something to choose: %s', async (definition) => {
    const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
    if (series === undefined || label === undefined) throw new Error('it is no query for the values of a label');
    const found = await whole.prometheus.query(`group by (${label}) (${filled(series, VALUES).replace('{}', '')})`);
    expect(found.filter(({ labels }) => labels[label] !== undefined)).not.toEqual([]);
  });
});

describe.runIf(TEMPO_BIN !== undefined)('a search in Tempo', () => {
  it.each(queries.filter(({ language }) => language === 'traceql'))('$where finds: $title', async ({ text }) => {
    const [trace] = await whole.jaeger.find({ operation: 'mcp.session', tags: { 'mcpspan.session.source': 'header' } });
    const session = trace?.spans.map((span) => tagOf(span, 'mcp.session.id')).find((id) => id !== undefined);
    const query = filled(text, { ...VALUES, session: String(session) });
    await eventually(`a trace for ${query}`, async () => {
      const found = await whole.tempo?.search(query);
      return found !== undefined && found.length > 0 ? true : undefined;
    });
  });
});
