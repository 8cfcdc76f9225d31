import type { Locator } from 'playwright-core';

/** Texts of cells by the titles of their columns; of two columns with one title the first. */
export type ReadRow = Readonly<Record<string, string>>;

/** The table with columns of these titles. */
export function tableWith(scope: Locator, ...titles: readonly string[]): Locator {
  return titles.reduce(
    (found, title) => found.filter({ has: scope.page().getByRole('columnheader', { name: title, exact: true }) }),
    scope.getByRole('table'),
  );
}

interface Row {
  cells: Iterable<{ textContent: string }>;
}

/** An HTML table, as far as it is read here. */
interface Table {
  tHead: { rows: Iterable<Row> };
  tBodies: Iterable<{ rows: Iterable<Row> }>;
}

/** What a table says, row by row; what stands below an open row is left out. */
export async function rowsOf(table: Locator): Promise<ReadRow[]> {
  const [titles = [], ...rows] = await table.evaluate(({ tHead, tBodies }: Table) =>
    [...tHead.rows, ...[...tBodies].flatMap(({ rows }) => [...rows])].map(({ cells }) =>
      [...cells].map(({ textContent }) => textContent.replace(/ [↑↓]$/, '').trim()),
    ),
  );
  return rows
    .filter((cells) => cells.length === titles.length)
    .map((cells) => Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? '']).toReversed()));
}
