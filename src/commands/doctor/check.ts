import type { Out } from '../terminal/out.ts';
import { tableRows, type Column } from '../terminal/table.ts';

/** The result of one check. */
export interface Check {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** How to fix it; undefined: it is fine. */
  readonly cure: string | undefined;
}

export const ok = (what: string, found: string): Check => ({ what, state: 'ok', found, cure: undefined });
export const warning = (what: string, found: string, cure: string): Check => ({ what, state: 'warning', found, cure });
export const problem = (what: string, found: string, cure: string): Check => ({ what, state: 'problem', found, cure });

/** A check of something that every client needs on its way. */
export interface Step {
  readonly check: Check;
  /** Where a real client would stop; undefined: it goes on. */
  readonly stop?: string;
}

/** Checks that belong together, under a title. */
export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}

const MARKS = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red' } as const;
const COLUMNS: readonly Column<Check>[] = [
  { title: '', side: 'left', cell: ({ state }) => MARKS[state], colour: ({ state }) => COLOURS[state] },
  { title: '', side: 'left', cell: ({ what }) => what },
  { title: '', side: 'left', cell: ({ found }) => found },
];

/** The sections as people read them, and a line that sums up. */
export function checksText(sections: readonly Section[], colours: Out['colours']): string {
  const all = sections.flatMap(({ checks }) => checks);
  const below = ({ cure }: Check): string | undefined => (cure === undefined ? undefined : `→ ${cure}`);
  // One table, so that the columns of all sections are aligned. Its lines may be long: cures are copied.
  const rows = tableRows(COLUMNS, all, { columns: undefined, colours, indent: 1, below });
  const lines = sections.flatMap(({ title, checks }) => [title, ...rows.splice(0, checks.length), '']);
  const count = (state: Check['state']): number => all.filter((check) => check.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  return `${[...lines, `${plural(problems, 'problem')}, ${plural(warnings, 'warning')}`].join('\n')}\n`;
}

const plural = (count: number, word: string): string =>
  `${count === 0 ? 'no' : count} ${word}${count === 1 ? '' : 's'}`;

/** The sections as JSON; `cure` is null where there is nothing to fix. */
export function checksJson(sections: readonly Section[]): string {
  const checks = sections.flatMap(({ title, checks: some }) =>
    some.map(({ what, state, found, cure }) => ({ section: title, what, state, found, cure: cure ?? null })),
  );
  return `${JSON.stringify({ problems: checks.filter(({ state }) => state === 'problem').length, checks }, undefined, 2)}\n`;
}
