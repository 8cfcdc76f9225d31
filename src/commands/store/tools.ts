import type { StoreReader } from '../../store/reader.ts';
import type { ToolClient, ToolFigures } from '../../store/tool-figures.ts';
import { othersInWords } from '../../reading/client-words.ts';
import { quotient } from '../../reading/column.ts';
import { bytes, NONE, percent } from '../../reading/figures.ts';
import { surfacesInWords } from '../../reading/surface-words.ts';
import { knowsPeople } from '../../reading/people-words.ts';
import { tokensIn } from '../../reading/tokens.ts';
import { TOOL_COLUMNS } from '../../reading/tool-columns.ts';
import { oddities } from '../../reading/tool-words.ts';
import { coverage, isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { serverColumn } from './server-column.ts';
import type { Out } from '../terminal/out.ts';
import { columnFrom, table, type Column } from '../terminal/table.ts';
import { prose, shellWord } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';

const MAX_CLIENTS = 6;

/** `mcpspan tools`: how each tool is used, and which one serves a client unlike the rest. */
export function tools(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  const all = reader.tools(filter);
  const found = all.slice(0, filter.limit);
  if (json) {
    out.write(jsonOf(found.map(toolJson)));
    return;
  }
  if (found.length === 0) {
    out.write(nothingFound(reader, 'tool calls', filter, out));
    return;
  }
  out.write(table(columnsOf(found, now), found, out));
  const shared = found.filter((tool) => tool.clients.length > 1);
  if (shared.length > 0) out.write(`\n${byClient(shared, out)}`);
  // What is only offered is of no client, and has no status.
  const whole = filter.client === undefined && filter.tool === undefined && filter.status === undefined;
  const notes = prose(
    [
      ...(whole ? surfacesInWords(all) : []),
      ...found.flatMap(oddityLines),
      othersInWords(found.map(({ tool }) => tool)),
      leftOut(found.length, all.length, 'tools', filter),
      coverage(reader, filter),
    ],
    out,
  );
  if (notes !== '') out.write(`\n${notes}`);
}

/** What is odd about a tool, and how to find out more. */
function oddityLines(tool: ToolFigures): string[] {
  const cures: Readonly<Record<string, string>> = {
    empty: 'it may lose state that it keeps per session; find out: mcpspan probe URL',
    failing: `read what they said: mcpspan errors --tool ${shellWord(tool.tool)}`,
    rejected: `read what was wrong: mcpspan errors --tool ${shellWord(tool.tool)}`,
  };
  return oddities(tool).map(({ client, text }) => {
    const oddity = tool.clients.find((each) => each.client === client)?.oddity ?? '';
    return `${text}: ${cures[oddity] ?? ''}`;
  });
}

function columnsOf(rows: readonly ToolFigures[], now: number): Column<ToolFigures>[] {
  const shared = TOOL_COLUMNS;
  return [
    ...serverColumn(rows),
    columnFrom(shared.tool, now, { least: 24 }),
    columnFrom(shared.calls, now),
    ...(knowsPeople(rows) ? [columnFrom(shared.people, now, { spare: 4 })] : []),
    columnFrom(shared.failed, now, { colour: ({ failed }) => (failed > 0 ? 'red' : undefined) }),
    columnFrom(shared.rejected, now, { spare: 1, colour: ({ rejected }) => (rejected > 0 ? 'yellow' : undefined) }),
    columnFrom(shared.p50, now, { spare: 5 }),
    columnFrom(shared.p95, now),
    columnFrom(shared.p99, now, { spare: 6 }),
    columnFrom(shared.medianAnswer, now, { spare: 3 }),
    columnFrom(shared.definition, now, { spare: 7 }),
    columnFrom(shared.definitionTokens, now, { spare: 9 }),
    columnFrom(shared.answerTokens, now, { spare: 10 }),
    columnFrom(shared.lastCall, now, { spare: 8 }),
    columnFrom(shared.notes, now, { least: 6, spare: 2, colour: () => 'dim' }),
  ];
}

/** What failed, what was rejected, and the median answer, of each tool for each client; `!` marks a client that is served unlike the rest. */
function byClient(rows: readonly ToolFigures[], out: Out): string {
  const calls = new Map<string, number>();
  for (const { clients } of rows)
    for (const each of clients) calls.set(each.client, (calls.get(each.client) ?? 0) + each.calls);
  const names = [...calls].toSorted(([, a], [, b]) => b - a).map(([client]) => client);
  const of = (row: ToolFigures, name: string): ToolClient | undefined =>
    row.clients.find(({ client }) => client === name);
  const columns: Column<ToolFigures>[] = names.slice(0, MAX_CLIENTS).map((name, index) => ({
    title: plain(name),
    side: 'right',
    cell: (row) => cellOf(of(row, name)),
    colour: (row) => (of(row, name)?.oddity === undefined ? undefined : 'red'),
    spare: index + 1,
  }));
  const left = names.length - MAX_CLIENTS;
  const note = left > 0 ? `and ${left} more clients: --json\n` : '';
  const tool: Column<ToolFigures> = {
    title: 'failed, rejected, median answer',
    side: 'left',
    cell: (row) => row.tool,
    least: 16,
  };
  return `${table([...serverColumn(rows), tool, ...columns], rows, out)}${note}`;
}

function cellOf(figures: ToolClient | undefined): string {
  if (figures === undefined) return NONE;
  const mark = figures.oddity === undefined ? '' : '! ';
  const { failed, rejected, calls, medianAnswerBytes } = figures;
  const shares = [failed, rejected].map((number) => percent(quotient(number, calls)));
  return `${mark}${[...shares, bytes(medianAnswerBytes)].join(', ')}`;
}

function toolJson({ lastAt, definition, ...rest }: ToolFigures): Record<string, unknown> {
  return {
    ...rest,
    lastAt: isoTime(lastAt),
    unused: rest.calls === 0,
    people: rest.people ?? null,
    conversations: rest.conversations ?? null,
    answerTokens: tokensIn(rest.answerBytes),
    definition:
      definition === undefined
        ? null
        : {
            ...definition,
            tokens: tokensIn(definition.bytes),
            firstAt: isoTime(definition.firstAt),
            changedAt: isoTime(definition.changedAt),
            listedAt: isoTime(definition.listedAt),
          },
  };
}
