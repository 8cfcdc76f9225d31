import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENT_IDS } from '../src/settings/client-ids.ts';
import { allOptions } from '../src/commands/help/help.ts';
import { optionTable } from '../src/settings/option-table.ts';
import { ATTR, EVENT, METRIC } from '../src/telemetry/semconv.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const guides = globSync('docs/*.md', { cwd: root });
const between = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from) + from.length, text.indexOf(to)).trim();
const tidy = (table: string): string =>
  table.replace(/ +/g, ' ').replace(/\|[ -]+(?=\|)/g, (cell) => (/^\|[ -]*$/.test(cell) ? '|---' : cell));

it('docs/options.md has the option table that the program is made from', () => {
  const table = between(read('docs/options.md'), '<!-- options -->', '<!-- /options -->');
  expect(tidy(table)).toBe(tidy(optionTable()));
});

describe.each(['README.md', ...guides])('%s', (name) => {
  const text = read(name);

  it('names no attribute, metric or event of ours that does not exist', () => {
    const known = new Set<string>([
      ...Object.values(ATTR),
      ...Object.values(EVENT),
      ...Object.values(METRIC).map((metric) => metric.name),
    ]);
    const named = [...text.matchAll(/`(mcpspan\.[a-z_.]+[a-z])`/g)].map(([, own = '']) => own);
    expect(named.filter((own) => !known.has(own))).toEqual([]);
  });
});

it('README.md shows flags that exist', () => {
  const flags = [...read('README.md').matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
  const all = allOptions(undefined);
  expect(flags.length).toBeGreaterThan(5);
  expect([...new Set(flags)].filter((flag) => !all.includes(flag))).toEqual([]);
});

describe('docs/install.md', () => {
  it('has a row for each client that `install` knows', () => {
    const rows = [...read('docs/install.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
    expect(rows).toEqual(CLIENT_IDS);
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

describe.each([...documents, ...guides])('%s', (name) => {
  it('links to files that exist', () => {
    const links = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(name), link)))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const manifest: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const scripts = [...read(name).matchAll(/`npm (?:run )?([a-z:]+)/g)].map(([, script = '']) => script);
    const builtIn = ['ci', 'install', 'i', 'view', 'pack', 'exec'];
    expect(scripts.filter((script) => !(script in manifest.scripts) && !builtIn.includes(script))).toEqual([]);
  });
});
