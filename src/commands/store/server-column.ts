import { hasSeveralServers } from '../../reading/column.ts';
import type { Column } from '../terminal/table.ts';

/** Names the server of each row, where the rows are of several: without it, two rows may look like one. */
export const serverColumn = <Row extends { server: string }>(rows: readonly Row[]): Column<Row>[] =>
  hasSeveralServers(rows) ? [{ title: 'server', side: 'left', cell: ({ server }) => server, least: 9 }] : [];
