/** One thing that was looked at. */
export interface Check {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** How to mend it; undefined: it is as it should be. */
  readonly cure: string | undefined;
}

export const ok = (what: string, found: string): Check => ({ what, state: 'ok', found, cure: undefined });
export const warning = (what: string, found: string, cure: string): Check => ({ what, state: 'warning', found, cure });
export const problem = (what: string, found: string, cure: string): Check => ({ what, state: 'problem', found, cure });

/** Checks that belong together, under a title. */
export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}

const MARKS = { ok: ' ok     ', warning: ' warning', problem: ' PROBLEM' } as const;
const COLOURS = { ok: 32, warning: 33, problem: 31 } as const;

/** The sections as people read them, and a line that sums up. */
export function inWords(sections: readonly Section[], colours: boolean): string {
  const mark = (state: Check['state']): string =>
    colours ? `\u001B[${COLOURS[state]}m${MARKS[state]}\u001B[39m` : MARKS[state];
  const all = sections.flatMap(({ checks }) => checks);
  const width = Math.max(0, ...all.map(({ what }) => what.length));
  const lines = sections.flatMap(({ title, checks }) => [
    title,
    ...checks.flatMap(({ what, state, found, cure }) => [
      `${mark(state)}  ${what.padEnd(width)}  ${found}`,
      ...(cure === undefined ? [] : [`${' '.repeat(12 + width)}→ ${cure}`]),
    ]),
    '',
  ]);
  const count = (state: Check['state']): number => all.filter((check) => check.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  return `${[...lines, `${plural(problems, 'problem')}, ${plural(warnings, 'warning')}`].join('\n')}\n`;
}

const plural = (count: number, word: string): string =>
  `${count === 0 ? 'no' : count} ${word}${count === 1 ? '' : 's'}`;

/** The same as JSON; where there is nothing to mend, `cure` is null. */
export function asJson(sections: readonly Section[]): string {
  const checks = sections.flatMap(({ title, checks: some }) =>
    some.map(({ what, state, found, cure }) => ({ section: title, what, state, found, cure: cure ?? null })),
  );
  return `${JSON.stringify({ problems: checks.filter(({ state }) => state === 'problem').length, checks }, undefined, 2)}\n`;
}
