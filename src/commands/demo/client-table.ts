import { meaningOf } from '../../reading/client-words.ts';
import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import { columnFrom, table } from '../terminal/table.ts';

const { server, client, sessions, toolCalls, handshakesPerCall, sessionless, emptySessions, p95, verdict } =
  CLIENT_COLUMNS;
const COLUMNS = [server, client, sessions, toolCalls, handshakesPerCall, sessionless, emptySessions, p95, verdict].map(
  // None of these columns shows a time of day, so `now` does not matter.
  (column) => columnFrom(column, 0),
);

/** The same as JSON. A figure that does not exist is null. */
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

/** The figures of each client, in the given order, and what each verdict means. */
export function clientTable(rows: readonly ClientFigures[], colours: boolean): string {
  if (rows.length === 0) return 'No client has called yet.\n';
  const meanings = rows.flatMap((row) => {
    const onSeveralServers = rows.filter(({ client }) => client === row.client).length > 1;
    const who = onSeveralServers ? `${row.client} (${row.server})` : row.client;
    return row.verdict === undefined ? [] : [`${who}: ${row.verdict}, ${meaningOf(row)}\n`];
  });
  return ['\n', table(COLUMNS, rows, { columns: undefined, colours }), '\n', ...meanings, '\n'].join('');
}
