import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Results, Selection, Verdict } from './suites.ts';

const DOCS = join(import.meta.dirname, '../../../docs/conformance.md');

/** A scenario that does not succeed without mcpspan either. */
export interface Known extends Pick<Selection, 'suite'> {
  readonly scenario: string;
  readonly why: string;
}

/** Scenarios in which a check failed, warned or was left out, with the package they are from. */
export function unsuccessful(outcome: Outcome): string[] {
  const found = [...outcome].flatMap(([{ suite }, results]) =>
    Object.entries(results)
      .filter(([, verdict]) => statuses(verdict).some((status) => status !== 'SUCCESS'))
      .map(([scenario]) => `${suite} ${scenario}`),
  );
  return [...new Set(found)].toSorted();
}

const statuses = (verdict: Verdict): string[] => verdict.map((line) => line.slice(0, line.indexOf(' ')));

/** A row per selection: what came out directly. */
export function directTable(outcome: Outcome, selections: readonly Selection[]): string {
  const rows = selections.map((selection) => {
    const results = outcome.get(selection) ?? {};
    const all = Object.values(results).flatMap(statuses);
    const count = (status: string): number => all.filter((each) => each === status).length;
    const counts = ['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED'].map(count);
    return [selection.suite, `\`${selection.choose}\``, Object.keys(results).length, ...counts];
  });
  return table(['suite', 'selection', 'scenarios', 'checks passed', 'failed', 'warned', 'skipped'], rows);
}

/** A row per way of running mcpspan: how many scenarios came out as directly. */
export function throughTable(ways: readonly { shown: string; through: Outcome }[], direct: Outcome): string {
  const rows = ways.map(({ shown, through }) => {
    const same = [...direct].flatMap(([selection, results]) =>
      Object.keys(results).map((scenario) => isSame(results, through.get(selection), scenario)),
    );
    return [shown, `${same.filter(Boolean).length} of ${same.length}`];
  });
  return table(['mcpspan', 'scenarios with the same result'], rows);
}

function isSame(direct: Results, through: Results | undefined, scenario: string): boolean {
  return JSON.stringify(direct[scenario]) === JSON.stringify(through?.[scenario]);
}

export const knownTable = (known: readonly Known[]): string =>
  table(
    ['suite', 'scenario', 'why it does not succeed, mcpspan or not'],
    known.map(({ suite, scenario, why }) => [suite, `\`${scenario}\``, why]),
  );

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** What docs/conformance.md says in a section, after writing `measured` there if `UPDATE_DOCS` is set. */
export function documented(section: string, measured: string): string {
  const text = readFileSync(DOCS, 'utf8');
  const [from, to] = [`<!-- ${section} -->\n`, `\n<!-- /${section} -->`];
  const start = text.indexOf(from) + from.length;
  const end = text.indexOf(to);
  if (start < from.length || end < start) throw new Error(`docs/conformance.md has no section ${section}`);
  if (process.env['UPDATE_DOCS'] === undefined) return text.slice(start, end);
  writeFileSync(DOCS, text.slice(0, start) + measured + text.slice(end));
  return measured;
}
