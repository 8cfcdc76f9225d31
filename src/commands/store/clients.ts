import type { ClientChange, ClientFigures } from '../../store/client-figures.ts';
import type { StoreReader } from '../../store/reader.ts';
import { inOneSentence, othersInWords } from '../../reading/client-words.ts';
import { clockTime, count, dateTime, duration, NONE, percent, ratio } from '../../reading/figures.ts';
import { coverage, inWords, isoTime, jsonOf, nothingFound, type Question } from './filters.ts';
import { serverColumn } from './server-column.ts';
import { prose, table, type Column, type Out } from '../terminal/table.ts';

const DEFAULT_LIMIT = 50;

/** `mcpspan clients`: how each client uses each server. With `history`, when a client changed, and what it was before. */
export function clients(reader: StoreReader, question: Question & { history: boolean }, out: Out): void {
  if (question.history) history(reader, question, out);
  else figures(reader, question, out);
}

function figures(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  // Of a tool or a status alone there are no handshakes to speak of.
  const asked = { ...filter, tool: undefined, status: undefined };
  const found = reader.clients(asked).slice(0, filter.limit);
  if (json) {
    out.write(jsonOf(found.map(clientJson)));
    return;
  }
  if (found.length === 0) {
    out.write(nothingFound(reader, 'clients', asked, out));
    return;
  }
  out.write(table(columnsOf(found, now), found, out));
  const several = new Set(found.map(({ server }) => server)).size > 1;
  const told = found.map((each) => `${inOneSentence(each)}${several ? ` (at ${each.server})` : ''}`);
  const others = othersInWords(found.map(({ client }) => client));
  out.write(`
${prose([...told, others, coverage(reader, asked)], out)}`);
}

function columnsOf(rows: readonly ClientFigures[], now: number): Column<ClientFigures>[] {
  return [
    ...serverColumn(rows, 3),
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 10 },
    { title: 'version', side: 'left', cell: ({ version }) => version ?? NONE, least: 6, spare: 8 },
    { title: 'sessions', side: 'right', cell: ({ sessions }) => count(sessions) },
    { title: 'calls', side: 'right', cell: ({ toolCalls }) => count(toolCalls) },
    { title: 'per session', side: 'right', cell: (row) => ratio(row.callsInSessions, row.sessions), spare: 5 },
    {
      title: 'handshakes per call',
      side: 'right',
      cell: (row) => ratio(row.handshakes, row.toolCalls),
      colour: ({ handshakes, toolCalls }) => (toolCalls > 0 && handshakes / toolCalls >= 0.5 ? 'yellow' : undefined),
    },
    { title: 'lists per call', side: 'right', cell: (row) => ratio(row.discoveries, row.toolCalls), spare: 6 },
    { title: 'sessionless', side: 'right', cell: ({ sessionlessShare }) => percent(sessionlessShare), spare: 4 },
    { title: 'empty', side: 'right', cell: ({ emptySessions }) => count(emptySessions), spare: 7 },
    {
      title: 'errors',
      side: 'right',
      cell: (row) => (row.toolCalls === 0 ? NONE : percent(row.toolErrors / row.toolCalls)),
      colour: ({ toolErrors }) => (toolErrors > 0 ? 'red' : undefined),
      spare: 2,
    },
    { title: 'p95', side: 'right', cell: ({ p95Seconds }) => duration(p95Seconds), spare: 1 },
    { title: 'last seen', side: 'left', cell: ({ lastAt }) => clockTime(lastAt, now), spare: 9 },
    { title: 'verdict', side: 'left', cell: ({ verdict }) => verdict ?? NONE, least: 8 },
  ];
}

function clientJson({ firstAt, lastAt, ...rest }: ClientFigures): Record<string, unknown> {
  const { toolCalls, handshakes, discoveries, sessions, callsInSessions } = rest;
  const per = (of: number, by: number): number | null => (by === 0 ? null : of / by);
  return {
    ...rest,
    sessionlessShare: rest.sessionlessShare ?? null,
    verdict: rest.verdict ?? null,
    handshakesPerCall: per(handshakes, toolCalls),
    discoveriesPerCall: per(discoveries, toolCalls),
    callsPerSession: per(callsInSessions, sessions),
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
  };
}

function history(reader: StoreReader, { filter, json }: Question, out: Out): void {
  const found = reader.changes({ ...filter, limit: filter.limit ?? DEFAULT_LIMIT });
  if (json) {
    out.write(jsonOf(found.map((change) => ({ ...change, at: isoTime(change.at) }))));
    return;
  }
  if (found.length === 0) {
    const { clients: known, operations } = reader.contents();
    if (operations === 0 && known.length === 0) out.write(nothingFound(reader, 'changes', filter, out));
    else {
      const who = inWords({ server: filter.server, client: filter.client, since: filter.since });
      out.write(
        prose([`No change${who}: each client is as it was when it was first seen. How they are: mcpspan clients`], out),
      );
    }
    return;
  }
  const several = new Set(found.map(({ server }) => server)).size > 1;
  const columns: Column<ClientChange>[] = [
    { title: 'when', side: 'left', cell: ({ at }) => dateTime(at) },
    ...(several
      ? [
          {
            title: 'server',
            side: 'left',
            cell: ({ server }) => server,
            least: 8,
            spare: 1,
          } satisfies Column<ClientChange>,
        ]
      : []),
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 10 },
    { title: 'what', side: 'left', cell: ({ what }) => what },
    { title: 'before', side: 'left', cell: ({ before }) => before, least: 6 },
    { title: 'after', side: 'left', cell: ({ after }) => after, least: 6, colour: () => 'bold' },
  ];
  out.write(table(columns, found, out));
}
