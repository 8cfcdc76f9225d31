import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { laidOut, Promql } from '../../grafana/alerts/promql.ts';
import { renderAlerts } from '../../grafana/alerts/render.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { labelName, prometheusName } from '../../grafana/prometheus-name.ts';
import { ATTR, METRIC } from '../../src/telemetry/semconv.ts';
import { namesIn } from './promql-names.ts';
import { builtDashboards, panelsOf } from './queries.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = renderAlerts();
const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? '';

const ALERTS = RULE_GROUPS.flatMap(({ alerts }) => alerts);
const RECORDING = RULE_GROUPS.flatMap(({ recording }) => recording);
const names = ALERTS.map(({ alert }) => alert);

interface PrometheusRule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Step {
  refId: string;
  datasourceUid: string;
  model: { refId: string; expr?: string; expression?: string; type?: string; instant?: boolean };
}

interface GrafanaRule {
  uid: string;
  title: string;
  condition: string;
  data: Step[];
  dashboardUid: string;
  panelId: number;
  noDataState: string;
  execErrState: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface CaseFile {
  rule_files: string[];
  tests: { name: string; input_series: { series: string }[]; promql_expr_test: { expr: string }[] }[];
}

const prometheus: { groups: { interval: string; rules: PrometheusRule[] }[] } = parse(
  textOf('alerts/mcpspan.rules.yml'),
);
const rules = prometheus.groups.flatMap((group) => group.rules);
const alerting = rules.filter(({ alert }) => alert !== undefined);
const grafana: { apiVersion: number; groups: { folder: string; interval: string; rules: GrafanaRule[] }[] } = parse(
  textOf('provisioning/alerting/mcpspan.yaml'),
);
const provisioned = grafana.groups.flatMap((group) => group.rules);

const RUNBOOKS = 'docs/runbooks';
const runbooks = readdirSync(join(root, RUNBOOKS));
const CASES = 'grafana/alerts/tests';
const caseFiles = readdirSync(join(root, CASES));
const casesOf = (file: string): CaseFile => parse(read(join(CASES, file)));

const METRICS = new Set([
  ...Object.values(METRIC).flatMap((metric) => {
    const name = prometheusName(metric);
    return metric.kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
  }),
  ...RECORDING.map(({ record }) => record),
]);
const LABELS = new Set([...Object.values(ATTR).map(labelName), 'job', 'instance', 'le']);

/** What is named there and exists nowhere. */
const unknown = (query: string, more: readonly string[] = []): string[] => {
  const named = namesIn(query);
  return [
    ...named.metrics.filter((name) => !METRICS.has(name) && !more.includes(name)),
    ...named.labels.filter((name) => !LABELS.has(name) && !more.includes(name)),
  ];
};

describe('the files made of the rules', () => {
  it.each(files)('$path is what is committed: npm run grafana:build', ({ path, text }) => {
    expect(read(join('grafana', path))).toBe(text);
  });

  it('hold every rule', () => {
    expect(alerting.map(({ alert }) => alert)).toEqual(names);
    expect(provisioned.map(({ title }) => title)).toEqual(names);
    expect(rules.filter(({ record }) => record !== undefined).map(({ record }) => record)).toEqual(
      RECORDING.map(({ record }) => record),
    );
  });

  it('say the same of how long and how bad', () => {
    const what = (rule: PrometheusRule | GrafanaRule): unknown[] => [rule.for, rule.labels];
    expect(provisioned.map(what)).toEqual(alerting.map(what));
  });
});

describe('expressions', () => {
  it.each(rules.map((rule) => [rule.alert ?? rule.record ?? '', rule.expr]))(
    '%s names metrics, labels and rules that exist',
    (_, expr) => {
      expect(namesIn(expr).metrics).not.toEqual([]);
      expect(unknown(expr)).toEqual([]);
    },
  );

  it('name rules of the same group that stand before them', () => {
    for (const group of prometheus.groups) {
      const before = new Set<string>();
      for (const { record, expr } of group.rules) {
        if (record === undefined) continue;
        const used = namesIn(expr).metrics.filter((name) => name.includes(':'));
        expect(used.filter((name) => !before.has(name))).toEqual([]);
        before.add(record);
      }
    }
  });

  it.each(RECORDING.map(({ record }) => record))('%s is named level:metric:operation', (record) => {
    expect(record).toMatch(/^(server|client|tool|client_tool):mcp(span)?_[a-z_]+:[a-z0-9_]+$/);
  });

  it('in Grafana need no recording rules', () => {
    for (const { data } of provisioned)
      expect(namesIn(data[0]?.model.expr ?? '').metrics.filter((name) => name.includes(':'))).toEqual([]);
  });

  it('can be had at another pace, for a test that does not want to wait', () => {
    const text = prometheusRules(RULE_GROUPS, 30);
    const fast: typeof prometheus = parse(text);
    expect(fast.groups[0]?.interval).toBe('2s');
    expect(text).toContain('[30s]');
    expect(text).not.toMatch(/\[\d+[hd]\]|for: \d+[mhd]$/m);
    expect(fast.groups.map((group) => group.rules.length)).toEqual(
      prometheus.groups.map((group) => group.rules.length),
    );
  });
});

describe.each(ALERTS)('$alert', ({ alert, about, panel }) => {
  const { labels, annotations = {} } = alerting.find((rule) => rule.alert === alert) ?? {};
  const inGrafana = provisioned.find(({ title }) => title === alert);
  const tests = caseFiles.includes(`${alert}.test.yml`) ? casesOf(`${alert}.test.yml`).tests : [];

  it('says how bad it is, what it is about, what that means and what to do', () => {
    expect(labels?.['severity']).toMatch(/^(critical|warning|info)$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'dashboard_url', 'runbook_url']);
    for (const label of about.filter((each) => each !== 'instance'))
      expect(annotations['summary']).toContain(`.Labels.${labelName(ATTR[label as keyof typeof ATTR])}`);
    expect(annotations['description']?.split('\n')).toHaveLength(2);
  });

  it('speaks only of labels that it has', () => {
    const spoken = [
      ...Object.values(annotations)
        .join('\n')
        .matchAll(/\.Labels\.(\w+)/g),
    ].map(([, label]) => label);
    const has = about.map((label) => (label === 'instance' || label === 'le' ? label : labelName(ATTR[label])));
    expect(spoken.filter((label) => !has.includes(label ?? ''))).toEqual([]);
  });

  it('links to a panel that is there', () => {
    const dashboard = builtDashboards().find(({ uid }) => uid === panel.dashboard);
    const linked = dashboard === undefined ? undefined : panelsOf(dashboard).find(({ title }) => title === panel.title);
    const path = `/d/${panel.dashboard}?viewPanel=panel-${linked?.id}`;
    // Grafana knows no external labels, and fails on a template that asks for them.
    expect(annotations['dashboard_url']).toContain(`{{ else }}http://localhost:3001{{ end }}${path}`);
    expect(inGrafana?.annotations['dashboard_url']).toMatch(
      new RegExp(`^http://localhost:3001${path.replace('?', '\\?')}\\b`),
    );
    expect(inGrafana).toMatchObject({ dashboardUid: panel.dashboard, panelId: linked?.id });
    expect(inGrafana?.annotations).toMatchObject({
      __dashboardUid__: panel.dashboard,
      __panelId__: String(linked?.id),
    });
    const variables = dashboard?.templating.list.map(({ name }) => name);
    for (const [, name] of annotations['dashboard_url']?.matchAll(/var-(\w+)=/g) ?? [])
      expect(variables).toContain(name);
  });

  it('has a runbook', () => {
    expect(annotations['runbook_url']).toBe(`${RUNBOOKS}/${alert}.md`);
    expect(runbooks).toContain(`${alert}.md`);
  });

  it.each(['fires', 'silent', 'below the floor', 'resolves'])('has a case in which it: %s', (kind) => {
    expect(tests.filter(({ name }) => name.startsWith(`${kind}: `))).not.toEqual([]);
    for (const { promql_expr_test: checks } of tests) expect(checks[0]?.expr).toContain(`alertname="${alert}"`);
  });

  it('is a rule that Grafana can load', () => {
    expect(inGrafana?.uid).toMatch(/^[a-z-]{1,40}$/);
    expect(inGrafana?.data.map(({ refId, model }) => [refId, model.refId])).toEqual([
      ['A', 'A'],
      ['B', 'B'],
      ['C', 'C'],
    ]);
    const [query, any, threshold] = inGrafana?.data ?? [];
    expect(query).toMatchObject({ datasourceUid: 'prometheus', model: { instant: true } });
    expect(any).toMatchObject({ datasourceUid: '__expr__', model: { type: 'math' } });
    expect(threshold).toMatchObject({ datasourceUid: '__expr__', model: { type: 'threshold', expression: 'B' } });
    expect(inGrafana).toMatchObject({ condition: 'C', noDataState: 'OK', execErrState: 'Error' });
  });

  it('has texts in which nothing is left for Grafana to expand', () => {
    const texts = JSON.stringify([inGrafana?.annotations, inGrafana?.labels]);
    expect(texts).not.toContain('$');
    expect(texts).not.toMatch(/(?<!\.A)\.Value\b/);
  });
});

describe('promtool tests', () => {
  it('are those of alerts that exist, and of the recording rules', () => {
    expect(caseFiles.toSorted()).toEqual(
      [...names.map((name) => `${name}.test.yml`), 'recording-rules.test.yml'].toSorted(),
    );
  });

  it.each(caseFiles)('%s names series that mcpspan sends', (file) => {
    const { rule_files, tests } = casesOf(file);
    expect(rule_files).toEqual(['../mcpspan.rules.yml']);
    for (const { series } of tests.flatMap((test) => test.input_series)) expect(unknown(series, ['up'])).toEqual([]);
  });
});

describe('runbooks', () => {
  it('are those of alerts that exist', () => {
    expect(runbooks.toSorted()).toEqual([...names.map((name) => `${name}.md`), 'README.md'].toSorted());
  });

  it('are all listed, with how bad it is', () => {
    const list = read(join(RUNBOOKS, 'README.md'));
    for (const { alert, severity } of ALERTS)
      expect(list).toMatch(new RegExp(`\\| \\[${alert}\\]\\(${alert}\\.md\\) \\| ${severity} \\|`));
  });

  it.each(runbooks)('%s names metrics, labels, attributes and pages that exist', (file) => {
    const text = read(join(RUNBOOKS, file));
    for (const [, query = ''] of text.matchAll(/```promql\n([^]*?)```/g)) expect(unknown(query)).toEqual([]);
    const attributes = new Set<string>(Object.values(ATTR));
    for (const [, query = ''] of text.matchAll(/```traceql\n([^]*?)```/g)) {
      const used = [...query.replaceAll(/"[^"]*"/g, '').matchAll(/\bspan\.([\w.]+)/g)].map(([, name = '']) => name);
      expect(used.filter((name) => !attributes.has(name))).toEqual([]);
    }
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(root, RUNBOOKS, link)), link).toBe(true);
  });

  it.each(runbooks)('%s names panels and dashboards that exist', (file) => {
    const titles = builtDashboards().flatMap((dashboard) => [
      dashboard.title.replace('mcpspan: ', ''),
      ...panelsOf(dashboard).map(({ title }) => title),
    ]);
    const named = [...read(join(RUNBOOKS, file)).matchAll(/(?<![*\w])\*([A-Z][^*]*\?)\*/g)];
    expect(
      named.map(([, title = '']) => title.replaceAll(/\s+/g, ' ')).filter((title) => !titles.includes(title)),
    ).toEqual([]);
  });

  it.each(ALERTS)('of $alert names the panel, and has a query', ({ alert, panel }) => {
    const text = read(join(RUNBOOKS, `${alert}.md`));
    expect(text).toMatch(new RegExp(`^# ${alert}$`, 'm'));
    expect(text).toContain(panel.title);
    expect(text).toContain('```promql\n');
    for (const heading of ['What it means', 'Confirm', 'Usual causes', 'What to do', 'When to silence it'])
      expect(text).toContain(`\n## ${heading}\n`);
  });
});

describe('durations', () => {
  it.each([
    [900, 1, '15m'],
    [5_400, 1, '1h30m'],
    [86_400, 1, '1d'],
    [900, 30, '30s'],
    [60, 120, '500ms'],
    [60, 7, '8s571ms'],
    [0, 1, '0s'],
  ])('%d s, %d times faster, are %s', (seconds, faster, text) => {
    expect(new Promql(faster).duration(seconds)).toBe(text);
  });
});

it('lays expressions out by their parentheses, strings left alone', () => {
  expect(laidOut('sum by (a) (\n  max_over_time(b{c="("}[1m])\nunless (\n(d)\n)\n) > 0')).toBe(
    'sum by (a) (\n  max_over_time(b{c="("}[1m])\n  unless (\n    (d)\n  )\n) > 0',
  );
});
