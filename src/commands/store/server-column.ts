import { hasSeveralServers } from '../../reading/column.ts';
import type { Column } from '../terminal/table.ts';

/** Names the server of each row, where the rows are of several servers. `spare`: as in `Column`. */
export const serverColumn = <Row extends { server: string }>(rows: readonly Row[], spare: number): Column<Row>[] =>
  hasSeveralServers(rows) ? [{ title: 'server', side: 'left', cell: ({ server }) => server, least: 8, spare }] : [];
