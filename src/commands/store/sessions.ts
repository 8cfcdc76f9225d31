import type { StoreReader } from '../../store/reader.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { clockTime, count, duration, NONE } from '../../reading/figures.ts';
import { isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { kindOf, lengthOf, stateOf } from '../../reading/session-words.ts';
import { laneLines, lanesIn } from './lane-lines.ts';
import { serverColumn } from './server-column.ts';
import type { Out } from '../terminal/out.ts';
import { table, type Column } from '../terminal/table.ts';
import { prose } from '../terminal/text.ts';

const DEFAULT_LIMIT = 20;

/** `mcpspan sessions`: open and ended sessions, the latest first, each with its totals. */
export function sessions(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const found = reader.sessions({ ...filter, limit });
  if (json) {
    out.write(jsonOf(found.map((session) => sessionJson(session))));
    return;
  }
  if (found.length === 0) {
    out.write(nothingFound(reader, 'sessions', filter, out));
    return;
  }
  out.write(table(columnsOf(found, now), found, out));
  const all = found.length < limit ? found.length : reader.countSessions(filter);
  const more = leftOut(found.length, all, 'sessions, the latest first', filter);
  out.write(`\n${laneLines(lanesIn(reader, filter), now, out).join('\n')}\n`);
  out.write(`\n${prose([more, `To see everything that happened in one: mcpspan session ID`], out)}`);
}

export function columnsOf(rows: readonly StoredSession[], now: number): Column<StoredSession>[] {
  return [
    { title: 'opened', side: 'left', cell: ({ openedAt }) => clockTime(openedAt, now) },
    { title: 'id', side: 'left', cell: ({ id }) => id, least: 8, most: 13 },
    { title: 'what', side: 'left', cell: kindOf, spare: 2 },
    ...serverColumn(rows),
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 8 },
    { title: 'version', side: 'left', cell: ({ clientVersion }) => clientVersion ?? NONE, least: 6, spare: 6 },
    { title: 'calls', side: 'right', cell: ({ toolCalls }) => count(toolCalls) },
    {
      title: 'failed',
      side: 'right',
      cell: ({ failed }) => count(failed),
      colour: ({ failed }) => (failed > 0 ? 'red' : undefined),
    },
    {
      title: 'rejected',
      side: 'right',
      cell: ({ rejected }) => count(rejected),
      colour: ({ rejected }) => (rejected > 0 ? 'yellow' : undefined),
      spare: 3,
    },
    { title: 'operations', side: 'right', cell: ({ operations }) => count(operations), spare: 5 },
    { title: 'handshakes', side: 'right', cell: ({ handshakes }) => count(handshakes), spare: 4 },
    { title: 'for', side: 'right', cell: (session) => duration(lengthOf(session)), spare: 1 },
    {
      title: 'state',
      side: 'left',
      cell: (session) => stateOf(session, now),
      colour: (session) => (stateOf(session, now) === 'active' ? 'green' : 'dim'),
      least: 8,
    },
  ];
}

export function sessionJson(session: StoredSession): Record<string, unknown> {
  const { row: _row, real, openedAt, lastAt, endedAt, endReason, ...rest } = session;
  return {
    ...rest,
    kind: real ? 'session' : 'activity',
    openedAt: isoTime(openedAt),
    lastAt: isoTime(lastAt),
    endedAt: isoTime(endedAt),
    endReason: endReason ?? null,
    seconds: lengthOf(session),
  };
}
