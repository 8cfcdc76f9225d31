import { changeOf, oddities } from '../../reading/tool-words.ts';
import { changeInWords } from '../../reading/change-words.ts';
import { surfacesInWords } from '../../reading/surface-words.ts';
import { TOOL_COLUMNS } from '../../reading/tool-columns.ts';
import type { ToolFigures } from '../../store/tool-figures.ts';
import { choice } from './argument-kinds.ts';
import { fromColumn, numberField, textField, timeField, type Fields } from './fields.ts';
import { quotedEffect, quotedTool } from './quoted-figures.ts';
import { CLIENT, SERVER, SINCE, TOOL } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';

const shared = TOOL_COLUMNS;
/** The latest of them. */
const MAX_CHANGES = 10;

/** What rows are sorted by, the largest first. */
const ORDERS = {
  calls: ({ calls }) => calls,
  slowest: ({ p95Seconds }) => p95Seconds,
  failed: ({ failed, calls }) => (calls === 0 ? undefined : failed / calls),
  rejected: ({ rejected, calls }) => (calls === 0 ? undefined : rejected / calls),
  definition: ({ definition }) => definition?.bytes,
  answers: ({ answerBytes }) => answerBytes,
} as const satisfies Readonly<Record<string, (tool: ToolFigures) => number | undefined>>;

const FIELDS: Fields<ToolFigures> = {
  server: fromColumn(shared.server, 'string'),
  tool: fromColumn(shared.tool, 'string'),
  calls: fromColumn(shared.calls, 'number'),
  people: numberField(({ people }) => people, 'About how many different credentials called it; counted by the day'),
  conversations: numberField(
    ({ conversations }) => conversations,
    'About in how many different conversations it was called; counted by the day',
  ),
  failed_share: fromColumn(shared.failed, 'number', 'share, 0 to 1'),
  rejected_share: fromColumn(shared.rejected, 'number', 'share, 0 to 1'),
  p50_seconds: fromColumn(shared.p50, 'number'),
  p95_seconds: fromColumn(shared.p95, 'number'),
  p99_seconds: fromColumn(shared.p99, 'number'),
  median_answer_bytes: fromColumn(shared.medianAnswer, 'number'),
  definition_bytes: fromColumn(shared.definition, 'number'),
  definition_tokens: fromColumn(shared.definitionTokens, 'number'),
  answer_tokens: fromColumn(shared.answerTokens, 'number'),
  last_call: timeField(({ lastAt }) => lastAt),
  notes: textField(changeOf, 'unused, or when its definition changed'),
  stands_out: textField(
    (tool) =>
      oddities(quotedTool(tool))
        .map(({ text }) => text)
        .join('; '),
    'a client that it serves unlike the rest',
  ),
};

export const listTools = assistantTool({
  name: 'list_tools',
  title: 'List tools and how they are used',
  description:
    'Each tool that recorded servers offer: calls, failures, latency, sizes of answers and of the definition, changes, and clients that it serves unlike the rest. Answers: which tool is slowest (order: slowest, with client for one client), which fails, which was never called.',
  takes: {
    order: choice(
      ['calls', 'slowest', 'failed', 'rejected', 'definition', 'answers'],
      'what the first rows have most of; definition and answers go by size',
    ),
    server: SERVER,
    client: CLIENT,
    tool: TOOL,
    since: SINCE,
  },
  rows: 30,
  fields: FIELDS,
  find(reader, { order, server, client, tool, since }, _most, now) {
    const filter = { server, client, tool, since };
    const by = (row: ToolFigures): number => ORDERS[order](row) ?? -1;
    const rows = reader.tools(filter).toSorted((a, b) => by(b) - by(a));
    if (rows.length === 0) return { rows, total: 0, notes: nothingFound(reader, 'tools', filter) };
    // What is only offered is of no client.
    const whole = client === undefined && tool === undefined;
    const changes = reader.changeEffects(reader.toolChanges({ server, tool, since, limit: MAX_CHANGES }));
    const notes = [
      ...(whole ? surfacesInWords(rows.map(quotedTool)) : []),
      ...changes.map((effect) => changeInWords(quotedEffect(effect), now)),
    ];
    return { rows, total: rows.length, notes };
  },
});
