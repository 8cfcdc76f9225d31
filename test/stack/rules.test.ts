import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { binary } from './support/programs.ts';
import { scratch } from './support/scratch.ts';
import { shipped } from './support/shipped.ts';

const RULES = shipped('grafana/alerts/mcpspan.rules.yml');
const CASES = shipped('grafana/alerts/tests');
const RUNBOOKS = shipped('docs/runbooks');
const run = promisify(execFile);

/** Its exit code, and all that it said. */
async function promtool(...args: string[]): Promise<{ code: number; said: string }> {
  try {
    const { stdout, stderr } = await run(binary('promtool'), args);
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    // What execFile rejects with.
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

const PASSED = { code: 0, said: expect.stringContaining('SUCCESS') };

interface Case {
  name: string;
  input_series: unknown;
  interval: string;
  promql_expr_test: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
}

interface CaseFile {
  rule_files: string[];
  evaluation_interval: string;
  tests: Case[];
}

const caseFiles = readdirSync(CASES);
/** Those of alerts; recording rules are tested in a file of their own. */
const ofAlerts = caseFiles.filter((file) => file.startsWith('Mcp'));
const readCases = (file: string): CaseFile => parse(readFileSync(join(CASES, file), 'utf8'));

interface ProvisionedRule {
  title: string;
  for: string;
  labels: Record<string, string>;
  data: { model: { expr?: string } }[];
}

/** One of Grafana's rules, as Prometheus would evaluate its query. */
function ruleOfGrafana(alert: string): string {
  const file: { groups: { name: string; rules: ProvisionedRule[] }[] } = parse(
    readFileSync(shipped('grafana/provisioning/alerting/mcpspan.yaml'), 'utf8'),
  );
  const rules = file.groups.flatMap((group) => group.rules).filter(({ title }) => title === alert);
  return stringify({
    groups: [
      {
        name: 'grafana',
        rules: rules.map(({ title, labels, data, for: pending }) => ({
          alert: title,
          expr: data[0]?.model.expr,
          for: pending,
          labels,
        })),
      },
    ],
  });
}

describe.concurrent("Prometheus' rules", () => {
  it('are valid, without anything to complain of', async () => {
    expect(await promtool('check', 'rules', '--lint=all', '--lint-fatal', RULES)).toEqual(PASSED);
  });

  it.each(caseFiles)('behave as %s says', async (file) => {
    expect(await promtool('test', 'rules', join(CASES, file))).toEqual(PASSED);
  });

  it('are valid at any pace', async () => {
    await using disk = await scratch('rules');
    const file = join(disk.folder, 'fast.yml');
    await writeFile(file, prometheusRules(RULE_GROUPS, 30));
    expect(await promtool('check', 'rules', file)).toEqual(PASSED);
  });
});

describe.concurrent("Grafana's rules", () => {
  it.each(ofAlerts)('behave as %s says, without recording rules', async (file) => {
    await using disk = await scratch('rules');
    const rules = join(disk.folder, 'grafana.yml');
    await writeFile(rules, ruleOfGrafana(basename(file, '.test.yml')));
    const cases = join(disk.folder, file);
    await writeFile(cases, stringify({ ...readCases(file), rule_files: [rules] }));
    expect(await promtool('test', 'rules', cases)).toEqual(PASSED);
  });
});

describe.concurrent('the texts of an alert', () => {
  it.each(ofAlerts)('of %s are filled in', async (file) => {
    const alert = basename(file, '.test.yml');
    const cases = readCases(file);
    const [firing] = cases.tests.filter(({ name }) => name.startsWith('fires'));
    const seen = firing?.promql_expr_test.find(({ expr }) => expr.startsWith('ALERTS'));
    await using disk = await scratch('texts');
    const copy = join(disk.folder, file);
    const { interval, input_series } = firing ?? {};
    // promtool tells the texts of an alert that it did not expect.
    const unexpected = [{ eval_time: seen?.eval_time, alertname: alert, exp_alerts: [] }];
    await writeFile(
      copy,
      stringify({ ...cases, rule_files: [RULES], tests: [{ interval, input_series, alert_rule_test: unexpected }] }),
    );
    const { code, said } = await promtool('test', 'rules', copy);
    expect(code).toBe(1);
    expect(said).toContain(`summary="`);
    const named = [...(seen?.exp_samples[0]?.labels ?? '').matchAll(/mcpspan_\w+="([^"]+)"/g)].map(
      ([, value]) => value,
    );
    for (const name of named) expect(said).toMatch(new RegExp(`summary="[^"]*${name}`));
    expect(said).not.toMatch(/error expanding|<no value>|\{\{|%!/);
  });
});

describe.concurrent('the runbooks', () => {
  const queries = readdirSync(RUNBOOKS).flatMap((file) =>
    [...readFileSync(join(RUNBOOKS, file), 'utf8').matchAll(/```promql\n([^]*?)```/g)].map(
      ([, query = '']): [string, string] => [file, query.trim()],
    ),
  );

  it.each(queries)('%s has a query that parses: %s', async (_, query) => {
    expect(await promtool('--experimental', 'promql', 'format', query)).toMatchObject({ code: 0 });
  });
});
