// `node test/slow/clients/table.ts`, after the slow tests have written new results, puts them into docs/clients.md.
import { readFileSync, writeFileSync } from 'node:fs';
import type { LanguageRow } from '../languages/row.ts';
import type { Row } from './row.ts';

/** A table of docs/clients.md: the files of its rows, their fields, and what these are called. */
interface Table {
  readonly results: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

const CLIENTS: Table = {
  results: ['./results.json', './stdio.json', '../python/results.json'],
  columns: {
    client: 'client',
    version: 'version',
    server: 'server',
    era: 'era',
    sessions: 'sessions',
    delete: 'DELETE',
    traceContext: 'trace context',
    verdict: 'verdict',
  } satisfies Record<keyof Row, string>,
};

const LANGUAGES: Table = {
  results: ['../languages/results.json'],
  columns: {
    server: 'server',
    transport: 'transport',
    client: 'client',
    era: 'era',
    session: 'session',
    delete: 'DELETE',
    verdict: 'verdict',
  } satisfies Record<keyof LanguageRow, string>,
};

/** The tables of docs/clients.md, from what the tests have measured; each is between two comments with its name. */
export const clientTables = (): Record<string, string> => ({
  clients: markdown(CLIENTS),
  languages: markdown(LANGUAGES),
});

function markdown({ results, columns }: Table): string {
  // The tests write them, with these fields.
  const rows = results.flatMap((file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Json[]);
  return [
    line(Object.values(columns)),
    line(Object.values(columns).map(() => '---')),
    ...rows.map((row) => line(Object.keys(columns).map((name) => row[name] ?? ''))),
  ].join('\n');
}

type Json = Readonly<Record<string, string>>;

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

if (import.meta.main) {
  const file = new URL('../../../docs/clients.md', import.meta.url);
  let docs = readFileSync(file, 'utf8');
  for (const [name, table] of Object.entries(clientTables())) {
    const place = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*(?=<!-- /${name} -->)`);
    docs = docs.replace(place, () => `\n${table}\n\n`);
  }
  writeFileSync(file, docs);
}
