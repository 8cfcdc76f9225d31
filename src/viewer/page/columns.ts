import { count, percent } from '../../reading/figures.ts';
import type { GridColumn } from './grid.ts';

/** Which server it is about; nothing where there is only one. */
export function serverColumn<Row extends { server: string }>(rows: readonly Row[]): GridColumn<Row>[] {
  if (new Set(rows.map(({ server }) => server)).size < 2) return [];
  return [{ id: 'server', title: 'Server', cell: ({ server }) => server, sort: ({ server }) => server }];
}

export const countColumn = <Row>(
  id: string,
  title: string,
  of: (row: Row) => number,
  more: Partial<GridColumn<Row>> = {},
): GridColumn<Row> => ({ id, title, number: true, cell: (row) => count(of(row)), sort: of, ...more });

/** From this share on failures stand out. */
const ALARMING_SHARE = 0.05;

/** Calls that failed, of all calls; no call: no figure. */
export function errorColumn<Row>(of: (row: Row) => { errors: number; calls: number }): GridColumn<Row> {
  const share = (row: Row): number | undefined => {
    const { errors, calls } = of(row);
    return calls === 0 ? undefined : errors / calls;
  };
  return {
    id: 'errors',
    title: 'Failed calls',
    number: true,
    cell: (row) => percent(share(row)),
    sort: share,
    tone: (row) => ((share(row) ?? 0) >= ALARMING_SHARE ? 'red' : undefined),
  };
}
