import type { ClientFigures } from '../../store/client-figures.ts';
import type { FailureGroup } from '../../store/failure-groups.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { ToolFigures } from '../../store/tool-figures.ts';
import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { inOneSentence } from '../../reading/client-words.ts';
import type { SharedColumn } from '../../reading/column.ts';
import { count, counted, dateTime, duration, NONE, percent } from '../../reading/figures.ts';
import { lanesIn } from './lane-lines.ts';
import { sessionsOff } from './report-ready.ts';
import type { Report, Section } from './report-shape.ts';
import { evidenceOf } from './evidence.ts';
import { filterInWords, type Question } from './filters.ts';
import { findingInWords, findings } from '../../reading/findings.ts';
import { groupNameOf, groupStatusOf, nameOf, statusOf } from '../../reading/operation-words.ts';
import { countedNoticeInWords } from '../../reading/notice-words.ts';
import { knowsPeople } from '../../reading/people-words.ts';
import { surfacesInWords } from '../../reading/surface-words.ts';
import { TOOL_COLUMNS } from '../../reading/tool-columns.ts';
import { changeOf } from '../../reading/tool-words.ts';

export interface ReportQuestion extends Question {
  /** The beginning of the id of the one attempt to connect that it is about; undefined: it is about all that happened. */
  journey?: string | undefined;
  /** What an hour of a server costs, in any currency; undefined: unknown. */
  price: number | undefined;
  version: string;
}

const DAY_SECONDS = 86_400;
const MAX_ROWS = 20;

/** What clients did, what it cost, and what to look at: made to be attached to an issue. */
export function reportOf(reader: StoreReader, question: ReportQuestion): Report {
  const { filter, now, version } = question;
  const contents = reader.contents();
  const clients = reader.clients({ ...filter, tool: undefined, status: undefined });
  const tools = reader.tools(filter);
  const from = Math.max(filter.since ?? 0, contents.firstAt ?? now);
  const to = Math.min(filter.until ?? Infinity, contents.lastAt ?? now);
  const seconds = Math.max(0, to - from) / 1_000;
  const servers = filter.server === undefined ? contents.servers : [filter.server];
  const report: Report = {
    title: `What MCP clients do at ${servers.length === 0 ? 'no server' : servers.join(', ')}`,
    about: [
      `${dateTime(from)} to ${dateTime(to)} (${duration(seconds)})${filterInWords({ ...filter, since: undefined })}`,
      totals(clients),
      `mcpspan ${version}, ${dateTime(now)}`,
      ...(contents.pruned > 0 ? [`Incomplete: ${counted(contents.pruned, 'older operation')} had to make room.`] : []),
      ...(contents.notStored > 0
        ? [`Incomplete: ${counted(contents.notStored, 'operation')} could not be stored.`]
        : []),
    ],
    at: now,
    lanes: lanesIn(reader, { ...filter, status: undefined }),
    sections: [
      { title: 'Findings', points: findingsOf(reader, question, clients, tools), table: undefined },
      { title: 'Clients', points: clients.map(inOneSentence), table: clientTable(clients, now) },
      cost(clients, seconds, question.price),
      slowest(tools, reader, question),
      ...faults(reader, question),
      offered(tools, now),
      ...sessionsOff(reader, filter),
    ],
  };
  return servers.length > 1 ? report : withoutServers(report);
}

/** Where there is one server, no row names it. */
const withoutServers = (report: Report): Report => ({
  ...report,
  sections: report.sections.map(({ table, ...section }) => {
    const column = table?.head.findIndex(([title]) => title === 'server') ?? -1;
    if (table === undefined || column < 0) return { ...section, table };
    const head = table.head.toSpliced(column, 1);
    return { ...section, table: { head, rows: table.rows.map((row) => row.toSpliced(column, 1)) } };
  }),
});

function findingsOf(
  reader: StoreReader,
  { filter, now }: ReportQuestion,
  clients: readonly ClientFigures[],
  tools: readonly ToolFigures[],
): string[] {
  const found = findings(evidenceOf(reader, filter, { clients, tools }, now));
  const notices = reader
    .counts({ since: filter.since, server: filter.server })
    .map(({ what }) => countedNoticeInWords(what));
  return [...notices.filter((sentence) => sentence !== undefined), ...found.map(findingInWords)];
}

function totals(clients: readonly ClientFigures[]): string {
  const sum = (of: (client: ClientFigures) => number): number =>
    clients.reduce((total, client) => total + of(client), 0);
  const calls = sum(({ toolCalls }) => toolCalls);
  const share = (number: number): string => (calls === 0 ? NONE : percent(number / calls));
  return [
    counted(clients.length, 'client'),
    counted(
      sum(({ sessions }) => sessions),
      'session',
    ),
    counted(
      sum(({ operations }) => operations),
      'operation',
    ),
    counted(calls, 'tool call'),
    `${share(sum(({ failed }) => failed))} of them failed`,
    `${share(sum(({ rejected }) => rejected))} were rejected`,
  ].join(', ');
}

const tableFrom = <Row>(
  columns: readonly SharedColumn<Row>[],
  rows: readonly Row[],
  now: number,
): NonNullable<Section['table']> => ({
  head: columns.map(({ title, side }) => [title, side]),
  rows: rows.map((row) => columns.map((column) => column.text(row, now))),
});

function clientTable(clients: readonly ClientFigures[], now: number): Section['table'] {
  const shared = CLIENT_COLUMNS;
  const columns = [
    shared.server,
    shared.client,
    shared.version,
    shared.sessions,
    shared.toolCalls,
    ...(knowsPeople(clients) ? [shared.people] : []),
    shared.callsPerSession,
    shared.handshakesPerCall,
    shared.listsPerCall,
    shared.sessionless,
    shared.failed,
    shared.rejected,
    shared.p95,
    shared.answerTokens,
    shared.verdict,
  ];
  return tableFrom(columns, clients, now);
}

/** The seconds spent on handshakes, and what could be saved per day in seconds and in money. */
function cost(clients: readonly ClientFigures[], seconds: number, price: number | undefined): Section {
  const shaking = clients.filter(({ handshakes }) => handshakes > 0);
  const money = price === undefined ? [] : ([['saved a day', 'right']] as const);
  const rows = shaking.map((client) => {
    const { handshakes, handshakeSeconds, avoidableHandshakes } = client;
    const avoidable = (avoidableHandshakes * handshakeSeconds) / handshakes;
    const aDay = seconds === 0 ? undefined : (avoidable * DAY_SECONDS) / seconds;
    return [
      client.server,
      client.client,
      count(handshakes),
      duration(handshakeSeconds),
      duration(handshakeSeconds / handshakes),
      count(avoidableHandshakes),
      duration(avoidable),
      duration(aDay),
      ...(price === undefined ? [] : [aDay === undefined ? NONE : ((aDay / 3_600) * price).toFixed(2)]),
    ];
  });
  const points = [
    'Avoidable: beyond the first handshake of one conversation, or of one principal, within 30 minutes.',
    ...(seconds > 0 && seconds < DAY_SECONDS ? [`A day: if the whole day were like these ${duration(seconds)}.`] : []),
    ...(price === undefined
      ? []
      : [`Saved a day: an hour of a server costs ${price}, and it does nothing else during a handshake.`]),
  ];
  return {
    title: 'What handshakes cost',
    points: shaking.length === 0 ? ['No client made a handshake.'] : points,
    table: {
      head: [
        ['server', 'left'],
        ['client', 'left'],
        ['handshakes', 'right'],
        ['took', 'right'],
        ['each', 'right'],
        ['avoidable', 'right'],
        ['took', 'right'],
        ['a day', 'right'],
        ...money,
      ],
      rows,
    },
  };
}

function slowest(tools: readonly ToolFigures[], reader: StoreReader, { filter, now }: ReportQuestion): Section {
  const shared = TOOL_COLUMNS;
  const called = tools.filter(({ calls }) => calls > 0).toSorted((a, b) => (b.p95Seconds ?? 0) - (a.p95Seconds ?? 0));
  const single = reader.slow({ ...filter, limit: 5 });
  return {
    title: 'Slowest tools',
    points: single.map(
      (operation) =>
        `${duration(operation.seconds)}: ${nameOf({ ...operation, uri: undefined })} for ${operation.client}, ${dateTime(operation.startedAt)}` +
        `${statusOf(operation) === '' ? '' : ` (${statusOf(operation)})`}`,
    ),
    table: tableFrom(
      [
        shared.server,
        shared.tool,
        shared.calls,
        ...(knowsPeople(called) ? [shared.people] : []),
        shared.failed,
        shared.rejected,
        shared.p50,
        shared.p95,
        shared.p99,
        shared.medianAnswer,
        shared.answerTokens,
      ],
      called.slice(0, MAX_ROWS),
      now,
    ),
  };
}

function faults(reader: StoreReader, { filter }: ReportQuestion): Section[] {
  const found = reader.failureGroups({ ...filter, limit: undefined });
  const failed = found.filter((group) => group.failed);
  const rejected = found.filter((group) => !group.failed);
  return [
    faultTable(
      'What failed',
      failed,
      failed.length === 0 ? 'Nothing failed.' : 'The server did not answer, or answered with an error of its own.',
    ),
    faultTable(
      'What was rejected',
      rejected,
      rejected.length === 0
        ? 'Nothing was rejected.'
        : 'The fault of the client: wrong arguments, an unknown tool, HTTP 4xx.',
    ),
  ];
}

function faultTable(title: string, found: readonly FailureGroup[], meaning: string): Section {
  return {
    title,
    points: [meaning],
    table: {
      head: [
        ['times', 'right'],
        ['server', 'left'],
        ['what', 'left'],
        ['how', 'left'],
        ['client', 'left'],
        ['last', 'left'],
      ],
      // What a group said stays out: the report holds names and figures alone.
      rows: found
        .slice(0, MAX_ROWS)
        .map((group) => [
          count(group.number),
          group.server,
          groupNameOf(group),
          groupStatusOf(group),
          group.client,
          dateTime(group.lastAt),
        ]),
    },
  };
}

function offered(tools: readonly ToolFigures[], now: number): Section {
  const shared = TOOL_COLUMNS;
  const listed = tools.filter(({ definition }) => definition !== undefined);
  const noted = listed.filter((tool) => changeOf(tool) !== '');
  return {
    title: 'What the server offers',
    points:
      listed.length === 0
        ? ['No client listed the tools.']
        : [
            ...surfacesInWords(tools),
            'Tokens are estimates: bytes ÷ 4.',
            ...(noted.length === 0 ? ['Each was called, and none changed.'] : []),
          ],
    table: tableFrom(
      [shared.server, shared.tool, shared.definition, shared.definitionTokens, shared.notes],
      noted,
      now,
    ),
  };
}
