import type { Column } from '../terminal/table.ts';

/** Which server a row is of, where the rows are of several. `spare`: as in `Column`. */
export function serverColumn<Row extends { server: string }>(rows: readonly Row[], spare: number): Column<Row>[] {
  const several = new Set(rows.map(({ server }) => server)).size > 1;
  return several ? [{ title: 'server', side: 'left', cell: ({ server }) => server, least: 8, spare }] : [];
}
