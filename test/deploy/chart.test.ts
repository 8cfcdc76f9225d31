import { globSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaFile, schemaOf } from '../../scripts/chart-schema.ts';
import { valuesFile, valuesTable, withValuesTable } from '../../scripts/chart-values.ts';
import { parseConfig } from '../../src/settings/config.ts';
import { variableOf } from '../../src/settings/read-settings.ts';
import { environment, finalStage } from './dockerfile.ts';
import { at, fields, readText, readYaml, root } from './yaml.ts';

const CHART = 'deploy/chart';
const CURE = 'run npm run chart:build';
const schemaText = readText(`${CHART}/values.schema.json`);
const schema = schemaOf(schemaText);
const templates = globSync(`${CHART}/templates/*`, { cwd: root }).map(readText).join('\n');

/** Paths of all values: those that have a default. */
function paths(schemaNow: unknown, above: readonly string[] = []): string[] {
  if (at(schemaNow, 'default') !== undefined) return [above.join('.')];
  return Object.entries(fields(at(schemaNow, 'properties'))).flatMap(([name, inner]) => paths(inner, [...above, name]));
}

/** Every object schema of ours in it; what Kubernetes defines has no properties here. */
function objects(schemaNow: unknown, above = 'values'): { path: string; schema: unknown }[] {
  const properties = at(schemaNow, 'properties');
  const own = properties === undefined ? [] : [{ path: above, schema: schemaNow }];
  const inner = Object.entries(fields(properties ?? {})).flatMap(([name, next]) => objects(next, `${above}.${name}`));
  const items = at(schemaNow, 'items');
  return [...own, ...inner, ...(items === undefined ? [] : objects(items, `${above}[]`))];
}

describe('the chart', () => {
  it('has the version of the package', () => {
    const { version }: { version: string } = JSON.parse(readText('package.json'));
    expect(readYaml(`${CHART}/Chart.yaml`)).toMatchObject({ apiVersion: 'v2', version, appVersion: version });
  });

  it(`has the schema, the values and the table that belong together; otherwise ${CURE}`, () => {
    expect(JSON.parse(schemaText)).toEqual(JSON.parse(schemaFile(schemaText)));
    expect(readText(`${CHART}/values.yaml`)).toBe(valuesFile(schema));
    const readme = readText(`${CHART}/README.md`);
    expect(readme).toBe(withValuesTable(readme, schema));
  });

  it('describes every value, and takes none that it does not know', () => {
    const all = objects(schema);
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((one) => at(one.schema, 'additionalProperties') !== false).map(({ path }) => path)).toEqual([]);
    for (const { path, schema: one } of all) {
      for (const [name, value] of Object.entries(fields(at(one, 'properties')))) {
        const groups = at(value, 'properties') !== undefined;
        if (!groups) expect(at(value, 'description'), `${path}.${name}`).toMatch(/\S/);
      }
    }
  });

  it('uses every value in a template, and no template uses another', () => {
    const used = new Set([...templates.matchAll(/\.Values\.([A-Za-z.]+)/g)].map(([, path = '']) => path));
    const known = paths(schema);
    const covers = (one: string, other: string): boolean => one === other || one.startsWith(`${other}.`);
    expect(known.length).toBeGreaterThan(40);
    expect(known.filter((path) => ![...used].some((name) => covers(path, name) || covers(name, path)))).toEqual([]);
    expect([...used].filter((name) => !known.some((path) => covers(name, path)))).toEqual([]);
  });

  it('holds the shipped rules and each shipped dashboard, as links', () => {
    const dashboards = globSync('grafana/dashboards/*.json', { cwd: root }).map((path) => basename(path));
    expect(dashboards.length).toBeGreaterThan(4);
    expect(readdirSync(`${root}/${CHART}/files/dashboards`).toSorted()).toEqual(dashboards.toSorted());
    for (const name of dashboards) {
      expect(readText(`${CHART}/files/dashboards/${name}`)).toBe(readText(`grafana/dashboards/${name}`));
    }
    expect(readText(`${CHART}/files/mcpspan.rules.yml`)).toBe(readText('grafana/alerts/mcpspan.rules.yml'));
  });

  it('sets each variable that the image sets, since a variable wins over the file', () => {
    const image = environment(finalStage('Dockerfile'));
    // What is asked about health by the image's own check, which Kubernetes does not run, stays as it is.
    const ours = Object.keys(image).filter((name) => name.startsWith('MCPSPAN_') && name !== 'MCPSPAN_HEALTH_FILE');
    const written = /option := list ((?:"[a-z-]+" ?)+)/.exec(templates)?.[1] ?? '';
    const options = [...written.matchAll(/"([a-z-]+)"/g)].map(([, name = '']) => name);
    expect(options.map(variableOf).toSorted()).toEqual(ours.toSorted());
    // The same are left out of the file.
    expect(templates).toContain(`omit .Values.config ${written.trim()} `);
  });

  it('has defaults that mcpspan takes, and that are those of the image', () => {
    const defaults = fields(at(readYaml(`${CHART}/values.yaml`), 'config'));
    const flags = Object.entries(defaults).flatMap(([name, value]) => [`--${name}`, String(value)]);
    expect(parseConfig(['--upstream', 'http://quiz:3000/mcp', ...flags], {})).toMatchObject({ ok: true });
    const image = environment(finalStage('Dockerfile'));
    for (const [name, value] of Object.entries(defaults)) expect(image[variableOf(name)], name).toBe(String(value));
  });
});

describe('the table of values', () => {
  const small = schemaOf(
    JSON.stringify({
      properties: {
        kind: { type: 'string', default: 'off', enum: ['on', 'off'], description: 'whether' },
        group: { properties: { list: { type: 'array', default: [], description: 'what' } } },
      },
    }),
  );

  it('has a row for each value, with what it may be', () => {
    expect(valuesTable(small).split('\n').slice(2)).toEqual([
      '| `kind` | `off` | whether (on, off) |',
      '| `group.list` | `[]` | what |',
    ]);
  });

  it('has its values in values.yaml, where a word that YAML takes for a boolean is a text', () => {
    expect(valuesFile(small)).toMatch(/# whether \(on, off\)\nkind: 'off'\n\ngroup:\n {2}# what\n {2}list: \[\]\n$/);
  });

  it('is refused a README that has no place for it', () => {
    expect(() => withValuesTable('no table', small)).toThrow('lacks <!-- values -->');
  });
});
