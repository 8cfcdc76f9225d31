import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderDashboards } from '../../grafana/dashboards/render.ts';
import { labelName, prometheusName } from '../../grafana/prometheus-name.ts';
import { ATTR, METRIC } from '../../src/telemetry/semconv.ts';
import { namesIn } from './promql-names.ts';
import { allQueries, builtDashboards, filledIn, panelsOf, type BuiltPanel } from './queries.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const dashboards = builtDashboards();
const panels = dashboards.flatMap(panelsOf);
const prometheusQueries = allQueries().filter(({ type }) => type === 'prometheus');

/** Series that are not ours: of the collector's span metrics, of the collector, of Prometheus. */
const OTHERS = [
  'traces_span_metrics_duration_seconds_bucket',
  'otelcol_exporter_queue_size',
  'otelcol_exporter_queue_capacity',
  ...['receiver_refused', 'exporter_enqueue_failed', 'exporter_send_failed'].flatMap((counter) =>
    ['spans', 'metric_points', 'log_records'].map((signal) => `otelcol_${counter}_${signal}(_total)?`),
  ),
  'up',
];
const OTHER_LABELS = ['instance', 'le', 'exporter', 'receiver', 'job', '__name__'];

const series = ({ kind, ...rest }: (typeof METRIC)[keyof typeof METRIC]): string[] => {
  const name = prometheusName({ kind, ...rest });
  return kind === 'histogram' ? ['bucket', 'count', 'sum'].map((part) => `${name}_${part}`) : [name];
};

/** Metrics that a query asks for; a pattern of names as it is written. */
const metricsOf = (expr: string): string[] => [
  ...[...expr.matchAll(/__name__=~"([^"]+)"/g)].map(([, pattern = '']) => pattern),
  ...namesIn(filledIn(expr)).metrics,
];

/** Bounds of buckets that a query asks for: `le=~"1|1[.]0"`. */
const boundsOf = (expr: string): number[] => [...expr.matchAll(/\ble=~"(\d+)\|/g)].map(([, bound]) => Number(bound));

describe('the built dashboards', () => {
  it('are those that are committed: run npm run grafana:build', () => {
    for (const { path, text } of renderDashboards()) expect(read(join('grafana', path)), path).toBe(text);
  });

  it('are all the JSON there is', () => {
    const files = readdirSync(join(root, 'grafana', 'dashboards')).filter((name) => name.endsWith('.json'));
    expect(files.map((name) => `dashboards/${name}`).toSorted()).toEqual(
      renderDashboards()
        .map(({ path }) => path)
        .toSorted(),
    );
  });

  it('have the uids that links and alerts name', () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual([
      'mcpspan-overview',
      'mcpspan-clients',
      'mcpspan-tools',
      'mcpspan-sessions',
      'mcpspan-trust',
    ]);
  });

  it('are of the schema that Grafana 12 and 13 load, with panels that come with it', () => {
    expect(dashboards.map(({ schemaVersion }) => schemaVersion)).toEqual(dashboards.map(() => 42));
    const core = ['timeseries', 'stat', 'table', 'heatmap', 'barchart', 'state-timeline'];
    expect(panels.filter(({ type }) => !core.includes(type)).map(({ title }) => title)).toEqual([]);
  });
});

describe.each(dashboards)('$title', (dashboard) => {
  const own = panelsOf(dashboard);

  it('asks a question in each panel, and says what it means, what to do, and what it means to be empty', () => {
    for (const { title, description = '', fieldConfig } of own) {
      expect(title).toMatch(/^[A-Z].*\?$/);
      const [means = '', todo = ''] = description.split('\n\n**What to do:** ');
      expect(means.length, title).toBeGreaterThan(40);
      expect(todo.length, title).toBeGreaterThan(30);
      expect(fieldConfig?.defaults.noValue?.length ?? 0, title).toBeGreaterThan(15);
    }
    expect(new Set(own.map(({ title }) => title)).size).toBe(own.length);
  });

  it('gives each panel and row an id of its own', () => {
    const ids = [...own, ...dashboard.panels.filter(({ type }) => type === 'row')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.min(...ids)).toBeGreaterThan(0);
  });

  it('lets no two panels overlap, and none stick out', () => {
    const placed = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    for (const [index, panel] of placed.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
      for (const other of placed.slice(index + 1))
        expect(overlap(panel, other), `${panel.title} ${other.title}`).toBe(false);
    }
  });

  it('uses variables that it has, and has none that it does not use', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const text = JSON.stringify([dashboard.panels, dashboard.annotations, dashboard.templating]);
    const used = [...text.matchAll(/\$(\w+)|\$\{(\w+)(?::\w+)?\}/g)].map(([, bare, braced]) => bare ?? braced ?? '');
    expect([...new Set(used.filter((name) => !name.startsWith('__')))].toSorted()).toEqual(names.toSorted());
  });

  it('links to the other dashboards, and takes choices and time along', () => {
    const others = dashboards.filter(({ uid }) => uid !== dashboard.uid).map(({ uid }) => `/d/${uid}`);
    expect(dashboard.links.map(({ url }) => url)).toEqual(others);
    expect(dashboard.links.every(({ includeVars, keepTime }) => includeVars && keepTime)).toBe(true);
  });

  it('links from rows and series to dashboards and variables that are there', () => {
    const urls = [...JSON.stringify(dashboard.panels).matchAll(/"url":"([^"]+)"/g)].map(([, url = '']) => url);
    for (const url of urls) {
      const [, uid, query = ''] = /^\/d\/([\w-]+)\?(.+)$/.exec(url) ?? [];
      const target = dashboards.find((each) => each.uid === uid);
      expect(target, url).toBeDefined();
      const set = [...query.matchAll(/var-(\w+)=/g)].map(([, name]) => name);
      const known = target?.templating.list.map(({ name }) => name) ?? [];
      expect(
        set.filter((name) => name !== undefined && !known.includes(name)),
        url,
      ).toEqual([]);
      expect(query).toContain('${__url_time_range}');
    }
  });

  it('marks changes on panels that are there', () => {
    const ids = own.map(({ id }) => id);
    for (const { name, filter } of dashboard.annotations.list) {
      expect(
        filter.ids.filter((id) => !ids.includes(id)),
        name,
      ).toEqual([]);
    }
  });
});

describe('queries', () => {
  it('name metrics that exist', () => {
    const known = new Set([...Object.values(METRIC).flatMap(series), ...OTHERS]);
    for (const { panel, expr } of prometheusQueries) {
      const names = metricsOf(expr);
      expect(names.length, panel).toBeGreaterThan(0);
      expect(
        names.filter((name) => !known.has(name)),
        panel,
      ).toEqual([]);
    }
  });

  it('name labels that exist', () => {
    const known = new Set([...Object.values(ATTR).map(labelName), ...OTHER_LABELS]);
    for (const { panel, expr } of prometheusQueries) {
      expect(
        namesIn(expr).labels.filter((name) => !known.has(name)),
        panel,
      ).toEqual([]);
    }
  });

  it('ask for bounds that are those of a bucket', () => {
    const bounds = new Set(
      Object.values(METRIC).flatMap((metric) => ('boundaries' in metric ? metric.boundaries : [])),
    );
    const asked = prometheusQueries.flatMap(({ expr }) => boundsOf(expr));
    expect(asked).not.toEqual([]);
    expect(asked.filter((bound) => !bounds.has(bound))).toEqual([]);
  });

  it('leave out no metric of ours', () => {
    const asked = new Set(prometheusQueries.filter(({ of }) => of === 'panel').flatMap(({ expr }) => metricsOf(expr)));
    const unseen = Object.values(METRIC).filter((metric) => !series(metric).some((name) => asked.has(name)));
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });

  it('look at enough of the past: rates over four exports at least, rare events over steps that hold several', () => {
    for (const { title, targets = [] } of panels) {
      for (const { expr = '', interval } of targets) {
        if (expr.includes('$__rate_interval')) expect(interval, title).toBe('1m');
        else if (/\[\$__interval\]/.test(expr)) expect(interval, title).toBe('5m');
      }
    }
  });

  it('leave no variable unfilled', () => {
    expect(allQueries().filter(({ expr }) => filledIn(expr).includes('$'))).toEqual([]);
  });

  it('of latency come with traces to open', () => {
    const traced = prometheusQueries.filter(({ expr }) => expr.includes('traces_span_metrics_duration'));
    expect(new Set(traced.map(({ dashboard }) => dashboard))).toEqual(new Set(['mcpspan-overview', 'mcpspan-tools']));
    expect(traced.every(({ exemplar }) => exemplar)).toBe(true);
  });
});

describe('provisioning', () => {
  interface Provisioned {
    datasources: { uid: string; type: string; jsonData: Record<string, unknown> }[];
  }
  // Grafana reads this file, which is written by hand; the assertions below cover what Grafana needs.
  const { datasources } = parse(read('grafana/provisioning/datasources/mcpspan.yaml')) as Provisioned;
  const uids = new Map(datasources.map(({ uid, type }) => [uid, type]));

  it('has the data sources that the dashboards start with', () => {
    for (const { templating } of dashboards) {
      for (const { name, query, current } of templating.list.filter(({ type }) => type === 'datasource')) {
        expect(uids.get(String(current.value)), name).toBe(query);
      }
    }
    const chosen = new Set(panels.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid)));
    expect(chosen).toEqual(new Set(['${datasource}', '${tempo}', '${jaeger}']));
  });

  it('refers to data sources that it has', () => {
    const text = JSON.stringify(datasources);
    const referred = [...text.matchAll(/"datasourceUid":"(\w+)"/g)].map(([, uid]) => uid);
    expect(referred.length).toBeGreaterThanOrEqual(4);
    expect(referred.filter((uid) => uid === undefined || !uids.has(uid))).toEqual([]);
  });

  it('opens traces from exemplars under both names that producers use', () => {
    const { jsonData } = datasources.find(({ uid }) => uid === 'prometheus') ?? {};
    expect(jsonData?.['exemplarTraceIdDestinations']).toEqual([
      { name: 'trace_id', datasourceUid: 'tempo' },
      { name: 'traceID', datasourceUid: 'tempo' },
    ]);
  });

  it('asks for metrics that exist, with $ doubled', () => {
    const known = new Set(Object.values(METRIC).flatMap(series));
    const text = read('grafana/provisioning/datasources/mcpspan.yaml');
    const asked = [...text.matchAll(/query: (.+)/g)].map(([, expr = '']) => expr);
    expect(asked).not.toEqual([]);
    for (const expr of asked)
      expect(metricsOf(expr.replaceAll('$$', '$')).filter((name) => !known.has(name))).toEqual([]);
    const code = text.replaceAll(/^\s*#.*$/gm, '');
    expect(code.match(/(?<!\$)\$(?!\$)/g)).toBeNull();
  });

  it('shows the folder of the built dashboards', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/mcpspan.yaml')) as {
      providers: { folder: string; type: string; options: { path: string } }[];
    };
    expect(providers).toMatchObject([
      { folder: 'mcpspan', type: 'file', options: { path: '/etc/grafana/dashboards' } },
    ]);
  });
});

describe('docs/dashboards.md', () => {
  const text = read('docs/dashboards.md');

  it('speaks of every dashboard and every variable', () => {
    for (const { uid, templating } of dashboards) {
      expect(text).toContain(`\`${uid}\``);
      for (const { name } of templating.list) expect(text, name).toContain(`\`${name}\``);
    }
  });
});

function overlap({ gridPos: one }: BuiltPanel, { gridPos: other }: BuiltPanel): boolean {
  const beside = one.x + one.w <= other.x || other.x + other.w <= one.x;
  const below = one.y + one.h <= other.y || other.y + other.h <= one.y;
  return !beside && !below;
}
