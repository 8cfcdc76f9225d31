import type { ClientChange, ClientFigures } from '../../store/client-figures.ts';
import type { StoreReader } from '../../store/reader.ts';
import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { inOneSentence, othersInWords } from '../../reading/client-words.ts';
import { hasSeveralServers, quotient } from '../../reading/column.ts';
import { dateTime } from '../../reading/figures.ts';
import { knowsPeople } from '../../reading/people-words.ts';
import { tokensIn } from '../../reading/tokens.ts';
import { coverage, filterInWords, isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { laneLines, lanesIn } from './lane-lines.ts';
import { serverColumn } from './server-column.ts';
import type { Out } from '../terminal/out.ts';
import { columnFrom, table, type Column } from '../terminal/table.ts';
import { prose } from '../terminal/text.ts';

const DEFAULT_LIMIT = 50;
/** From this many handshakes per call on, the figure stands out. */
const MANY_HANDSHAKES_PER_CALL = 0.5;

/** `mcpspan clients`: how each client uses each server. With `history`, when a client changed, and what it was before. */
export function clients(reader: StoreReader, question: Question & { history: boolean }, out: Out): void {
  if (question.history) history(reader, question, out);
  else figures(reader, question, out);
}

function figures(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  // A tool, or a status, has no handshakes.
  const asked = { ...filter, tool: undefined, status: undefined };
  const all = reader.clients(asked);
  const found = all.slice(0, filter.limit);
  if (json) {
    out.write(jsonOf(found.map(clientJson)));
    return;
  }
  if (found.length === 0) {
    out.write(nothingFound(reader, 'clients', asked, out));
    return;
  }
  out.write(table(columnsOf(found, now), found, out));
  const lanes = laneLines(lanesIn(reader, asked), now, out);
  if (lanes.length > 0) out.write(`\n${lanes.join('\n')}\n`);
  const several = hasSeveralServers(found);
  const sentences = found.map((each) => `${inOneSentence(each)}${several ? ` (at ${each.server})` : ''}`);
  const others = othersInWords(found.map(({ client }) => client));
  out.write(
    `\n${prose([...sentences, others, leftOut(found.length, all.length, 'rows', asked), coverage(reader, asked)], out)}`,
  );
}

function columnsOf(rows: readonly ClientFigures[], now: number): Column<ClientFigures>[] {
  const shared = CLIENT_COLUMNS;
  return [
    ...serverColumn(rows),
    columnFrom(shared.client, now, { least: 11 }),
    columnFrom(shared.version, now, { least: 6, spare: 10 }),
    columnFrom(shared.sessions, now, { spare: 1 }),
    columnFrom(shared.toolCalls, now),
    ...(knowsPeople(rows) ? [columnFrom(shared.people, now, { spare: 5 })] : []),
    columnFrom(shared.callsPerSession, now, { spare: 7 }),
    columnFrom(shared.handshakesPerCall, now, {
      colour: ({ handshakes, toolCalls }) =>
        (quotient(handshakes, toolCalls) ?? 0) >= MANY_HANDSHAKES_PER_CALL ? 'yellow' : undefined,
    }),
    columnFrom(shared.listsPerCall, now, { spare: 8 }),
    columnFrom(shared.sessionless, now, { spare: 6 }),
    columnFrom(shared.emptySessions, now, { spare: 9 }),
    columnFrom(shared.failed, now, { spare: 4, colour: ({ failed }) => (failed > 0 ? 'red' : undefined) }),
    columnFrom(shared.rejected, now, { spare: 3, colour: ({ rejected }) => (rejected > 0 ? 'yellow' : undefined) }),
    columnFrom(shared.p95, now, { spare: 2 }),
    columnFrom(shared.answerTokens, now, { spare: 12 }),
    columnFrom(shared.lastSeen, now, { spare: 11 }),
    columnFrom(shared.verdict, now, { least: 11 }),
  ];
}

function clientJson({ firstAt, lastAt, ...rest }: ClientFigures): Record<string, unknown> {
  const { toolCalls, handshakes, discoveries, sessions, callsInSessions } = rest;
  return {
    ...rest,
    answerTokens: tokensIn(rest.answerBytes),
    sessionlessShare: rest.sessionlessShare ?? null,
    people: rest.people ?? null,
    conversations: rest.conversations ?? null,
    verdict: rest.verdict ?? null,
    handshakesPerCall: quotient(handshakes, toolCalls) ?? null,
    discoveriesPerCall: quotient(discoveries, toolCalls) ?? null,
    callsPerSession: quotient(callsInSessions, sessions) ?? null,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
  };
}

function history(reader: StoreReader, { filter, json }: Question, out: Out): void {
  const all = reader.changes({ ...filter, limit: undefined });
  const found = all.slice(0, filter.limit ?? DEFAULT_LIMIT);
  if (json) {
    out.write(jsonOf(found.map((change) => ({ ...change, at: isoTime(change.at) }))));
    return;
  }
  if (found.length === 0) {
    const { clients: known, operations } = reader.contents();
    if (operations === 0 && known.length === 0) out.write(nothingFound(reader, 'changes', filter, out));
    else {
      const who = filterInWords({ server: filter.server, client: filter.client, since: filter.since });
      out.write(prose([`No change${who}: each client is as it was when first seen. See them: mcpspan clients`], out));
    }
    return;
  }
  const columns: Column<ClientChange>[] = [
    { title: 'when', side: 'left', cell: ({ at }) => dateTime(at) },
    ...serverColumn(found),
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 10 },
    { title: 'what', side: 'left', cell: ({ what }) => what },
    { title: 'before', side: 'left', cell: ({ before }) => before, least: 6 },
    { title: 'after', side: 'left', cell: ({ after }) => after, least: 6, colour: () => 'bold' },
  ];
  out.write(table(columns, found, out));
  const more = prose([leftOut(found.length, all.length, 'changes, the latest first', filter)], out);
  if (more !== '') out.write(`\n${more}`);
}
