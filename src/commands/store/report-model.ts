import type { ClientFigures } from '../../store/client-figures.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { ToolFigures } from '../../store/tool-figures.ts';
import { inOneSentence } from '../../reading/client-words.ts';
import { bytes, count, counted, dateTime, duration, NONE, percent, ratio } from '../../reading/figures.ts';
import { inWords, type Question } from './filters.ts';
import { findingInWords, findings } from '../../reading/findings.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import { changeOf } from '../../reading/tool-words.ts';

/** A report, before it is HTML or Markdown. All texts are as they are: to be escaped by who writes them. */
export interface Report {
  title: string;
  about: readonly string[];
  sections: readonly Section[];
}

export interface Section {
  title: string;
  /** What is to be done about, or to be known. */
  points: readonly string[];
  table: { head: readonly Head[]; rows: readonly (readonly string[])[] } | undefined;
}

export type Head = readonly [title: string, side: 'left' | 'right'];

export interface ReportQuestion extends Question {
  /** What an hour of a server costs, in whatever money; undefined: not told. */
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
      `${dateTime(from)} to ${dateTime(to)} (${duration(seconds)})${inWords({ ...filter, since: undefined })}`,
      totals(clients),
      `mcpspan ${version}, ${dateTime(now)}`,
      ...(contents.pruned > 0
        ? [`Not all: ${counted(contents.pruned, 'older operation')} had to go for want of room.`]
        : []),
      ...(contents.notStored > 0 ? [`Not all: ${counted(contents.notStored, 'operation')} could not be stored.`] : []),
    ],
    sections: [
      { title: 'Findings', points: findingsOf(reader, question, clients, tools), table: undefined },
      { title: 'Clients', points: clients.map(inOneSentence), table: clientTable(clients) },
      cost(clients, seconds, question.price),
      slowest(tools, reader, question),
      errors(reader, question),
      offered(tools),
    ],
  };
  return servers.length > 1 ? report : withoutServers(report);
}

/** Where there is one server, its name need not stand in each row. */
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
  { filter }: ReportQuestion,
  clients: readonly ClientFigures[],
  tools: readonly ToolFigures[],
): string[] {
  const lost = reader.errors({ ...filter, status: 'lost' }).reduce((total, { number }) => total + number, 0);
  const found = findings({ clients, tools, lost, changes: reader.changes({ ...filter, limit: MAX_ROWS }) });
  return found.map(findingInWords);
}

function totals(clients: readonly ClientFigures[]): string {
  const sum = (of: (client: ClientFigures) => number): number =>
    clients.reduce((total, client) => total + of(client), 0);
  const [calls, failed] = [sum(({ toolCalls }) => toolCalls), sum(({ toolErrors }) => toolErrors)];
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
    `${counted(calls, 'tool call')}, ${calls === 0 ? NONE : percent(failed / calls)} of them failed`,
  ].join(', ');
}

function clientTable(clients: readonly ClientFigures[]): Section['table'] {
  return {
    head: [
      ['server', 'left'],
      ['client', 'left'],
      ['version', 'left'],
      ['sessions', 'right'],
      ['tool calls', 'right'],
      ['calls per session', 'right'],
      ['handshakes per call', 'right'],
      ['lists per call', 'right'],
      ['sessionless', 'right'],
      ['errors', 'right'],
      ['p95', 'right'],
      ['verdict', 'left'],
    ],
    rows: clients.map((client) => [
      client.server,
      client.client,
      client.version ?? NONE,
      count(client.sessions),
      count(client.toolCalls),
      ratio(client.callsInSessions, client.sessions),
      ratio(client.handshakes, client.toolCalls),
      ratio(client.discoveries, client.toolCalls),
      percent(client.sessionlessShare),
      client.toolCalls === 0 ? NONE : percent(client.toolErrors / client.toolCalls),
      duration(client.p95Seconds),
      client.verdict ?? NONE,
    ]),
  };
}

/** Handshakes in seconds, and those that could be saved in seconds, and in money, a day. */
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
    ...(seconds > 0 && seconds < DAY_SECONDS ? [`A day: as in these ${duration(seconds)}, all day long.`] : []),
    ...(price === undefined
      ? []
      : [`Saved a day: at ${price} for an hour of a server that does nothing else meanwhile.`]),
  ];
  return {
    title: 'What handshakes cost',
    points: shaking.length === 0 ? ['No client shook hands.'] : points,
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

function slowest(tools: readonly ToolFigures[], reader: StoreReader, { filter }: ReportQuestion): Section {
  const called = tools.filter(({ calls }) => calls > 0).toSorted((a, b) => (b.p95Seconds ?? 0) - (a.p95Seconds ?? 0));
  const single = reader.slow({ ...filter, limit: 5 });
  return {
    title: 'Slowest tools',
    points: single.map(
      (operation) =>
        `${duration(operation.seconds)}: ${nameOf({ ...operation, uri: undefined })} for ${operation.client}, ${dateTime(operation.startedAt)}` +
        `${statusOf(operation) === '' ? '' : ` (${statusOf(operation)})`}`,
    ),
    table: {
      head: [
        ['server', 'left'],
        ['tool', 'left'],
        ['calls', 'right'],
        ['errors', 'right'],
        ['p50', 'right'],
        ['p95', 'right'],
        ['p99', 'right'],
        ['median answer', 'right'],
      ],
      rows: called
        .slice(0, MAX_ROWS)
        .map(({ server, tool, calls, errors: failed, p50Seconds, p95Seconds, p99Seconds, medianAnswerBytes }) => [
          server,
          tool,
          count(calls),
          percent(failed / calls),
          duration(p50Seconds),
          duration(p95Seconds),
          duration(p99Seconds),
          bytes(medianAnswerBytes),
        ]),
    },
  };
}

function errors(reader: StoreReader, { filter }: ReportQuestion): Section {
  const found = reader.errors(filter);
  return {
    title: 'Errors',
    points: found.length === 0 ? ['Nothing went wrong.'] : [],
    table: {
      head: [
        ['times', 'right'],
        ['server', 'left'],
        ['what', 'left'],
        ['how', 'left'],
        ['client', 'left'],
        ['last', 'left'],
      ],
      rows: found
        .slice(0, MAX_ROWS)
        .map(({ number, server, method, target, outcome, code, client, lastAt }) => [
          count(number),
          server,
          target === undefined ? method : `${method} ${target}`,
          statusOf({ outcome, code, handshake: undefined }),
          client,
          dateTime(lastAt),
        ]),
    },
  };
}

function offered(tools: readonly ToolFigures[]): Section {
  const listed = tools.filter(({ definition }) => definition !== undefined);
  const noted = listed.filter((tool) => changeOf(tool) !== '');
  return {
    title: 'What the server offers',
    points:
      listed.length === 0
        ? ['No list of tools was seen.']
        : [
            `${counted(listed.length, 'tool')}, ${bytes(
              listed.reduce((total, { definition }) => total + (definition?.bytes ?? 0), 0),
            )} of definitions.`,
            ...(noted.length === 0 ? ['Each was called, and none was changed.'] : []),
          ],
    table: {
      head: [
        ['server', 'left'],
        ['tool', 'left'],
        ['definition', 'right'],
        ['notes', 'left'],
      ],
      rows: noted.map((tool) => [tool.server, tool.tool, bytes(tool.definition?.bytes), changeOf(tool)]),
    },
  };
}
