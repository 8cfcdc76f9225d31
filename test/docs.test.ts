import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { help, optionTable } from '../src/settings/help.ts';
import { ATTR, EVENT, METRIC } from '../src/telemetry/semconv.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const readme = read('README.md');
const between = (from: string, to: string): string =>
  readme.slice(readme.indexOf(from) + from.length, readme.indexOf(to)).trim();
const tidy = (table: string): string =>
  table.replace(/ +/g, ' ').replace(/\|[ -]+(?=\|)/g, (cell) => (/^\|[ -]*$/.test(cell) ? '|---' : cell));

describe('README.md', () => {
  it('has the option table that the program is made from', () => {
    expect(tidy(between('<!-- options -->', '<!-- /options -->'))).toBe(tidy(optionTable()));
  });

  it('names every metric with its unit and meaning', () => {
    const table = between('<!-- metrics -->', '<!-- /metrics -->');
    for (const { name, unit, description } of Object.values(METRIC)) {
      const row = table.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      expect(row, name).toContain(`\`${unit}\``);
      expect(row, name).toContain(description);
    }
    expect(table.split('\n')).toHaveLength(Object.keys(METRIC).length + 2);
  });

  it('names every log event', () => {
    for (const name of Object.values(EVENT)) expect(readme).toContain(`\`${name}\``);
  });

  it('names no attribute, metric or event of ours that does not exist', () => {
    const known = new Set<string>([
      ...Object.values(ATTR),
      ...Object.values(EVENT),
      ...Object.values(METRIC).map(({ name }) => name),
    ]);
    const named = [...readme.matchAll(/`(mcpspan\.[a-z_.]+[a-z])`/g)].map(([, name = '']) => name);
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('shows flags that exist', () => {
    const flags = [...readme.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
    const all = help(true);
    expect([...new Set(flags)].filter((flag) => !all.includes(flag))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md');

  it('names files that exist', () => {
    const sources = globSync('{src,test}/**/*.ts', { cwd: root });
    const named = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !sources.some((file) => file === name || file.endsWith(`/${name}`)))).toEqual([]);
  });

  it('speaks of every folder of src', () => {
    const folders = globSync('src/*/', { cwd: root }).map((folder) => folder.replace(/\/$/, '').split('/')[1] ?? '');
    expect(folders).not.toEqual([]);
    for (const folder of folders) expect(text, folder).toMatch(new RegExp(`## ${folder}:|\`${folder}/`));
  });
});

describe.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s', (name) => {
  it('links to files that exist', () => {
    const links = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const manifest: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const scripts = [...read(name).matchAll(/`npm (?:run )?([a-z:]+)/g)].map(([, script = '']) => script);
    const builtIn = ['ci', 'install', 'i', 'view', 'pack'];
    expect(scripts.filter((script) => !(script in manifest.scripts) && !builtIn.includes(script))).toEqual([]);
  });
});
