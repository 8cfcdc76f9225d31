// `node test/slow/clients/table.ts`, after the slow tests have written new results, puts them into docs/clients.md.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Row } from './row.ts';

const RESULTS = ['./results.json', './stdio.json', '../python/results.json'];

const COLUMNS: readonly (readonly [keyof Row, string])[] = [
  ['client', 'client'],
  ['version', 'version'],
  ['server', 'server'],
  ['era', 'era'],
  ['sessions', 'sessions'],
  ['delete', 'DELETE'],
  ['traceContext', 'trace context'],
  ['verdict', 'verdict'],
];

/** The table of docs/clients.md, from what the tests have measured. */
export function clientTable(): string {
  const rows = RESULTS.flatMap((file): Row[] => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')));
  return [
    line(COLUMNS.map(([, title]) => title)),
    line(COLUMNS.map(() => '---')),
    ...rows.map((row) => line(COLUMNS.map(([name]) => row[name]))),
  ].join('\n');
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

if (import.meta.main) {
  const file = new URL('../../../docs/clients.md', import.meta.url);
  const place = /(?<=<!-- clients -->\n)[^]*(?=<!-- \/clients -->)/;
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(place, () => `\n${clientTable()}\n\n`),
  );
}
