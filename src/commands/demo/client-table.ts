import { meaningOf } from '../../reading/client-words.ts';
import { count, duration, NONE, percent, ratio } from '../../reading/figures.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import { table, type Column } from '../terminal/table.ts';

const COLUMNS: readonly Column<ClientFigures>[] = [
  { title: 'server', side: 'left', cell: ({ server }) => server },
  { title: 'client', side: 'left', cell: ({ client }) => client },
  { title: 'sessions', side: 'right', cell: ({ sessions }) => count(sessions) },
  { title: 'tool calls', side: 'right', cell: ({ toolCalls }) => count(toolCalls) },
  { title: 'handshakes per call', side: 'right', cell: (row) => ratio(row.handshakes, row.toolCalls) },
  { title: 'sessionless', side: 'right', cell: ({ sessionlessShare }) => percent(sessionlessShare) },
  { title: 'empty sessions', side: 'right', cell: ({ emptySessions }) => count(emptySessions) },
  { title: 'p95', side: 'right', cell: ({ p95Seconds }) => duration(p95Seconds) },
  { title: 'verdict', side: 'left', cell: ({ verdict }) => verdict ?? NONE },
];

/** The same as JSON: what there is no figure for is null. */
export function clientJson(rows: readonly ClientFigures[]): string {
  const figures = rows.map((row) => ({
    server: row.server,
    client: row.client,
    sessions: row.sessions,
    toolCalls: row.toolCalls,
    handshakes: row.handshakes,
    handshakesPerCall: row.toolCalls === 0 ? null : row.handshakes / row.toolCalls,
    sessionlessShare: row.sessionlessShare ?? null,
    emptySessions: row.emptySessions,
    p95Seconds: row.p95Seconds ?? null,
    verdict: row.verdict ?? null,
  }));
  return `${JSON.stringify(figures, undefined, 2)}\n`;
}

/** The figures of each client, in the order that they come in, and what each verdict means. */
export function clientTable(rows: readonly ClientFigures[], colours: boolean): string {
  if (rows.length === 0) return 'No client has called yet.\n';
  const said = rows.flatMap((row) => {
    const twice = rows.filter(({ client }) => client === row.client).length > 1;
    const who = twice ? `${row.client} (${row.server})` : row.client;
    return row.verdict === undefined ? [] : [`${who}: ${row.verdict}, ${meaningOf(row)}\n`];
  });
  return ['\n', table(COLUMNS, rows, { columns: undefined, colours }), '\n', ...said, '\n'].join('');
}
