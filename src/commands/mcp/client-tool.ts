import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { inOneSentence, meaningOf, othersInWords } from '../../reading/client-words.ts';
import { fromColumn, numberField, textField, timeField, type Fields } from './fields.ts';
import { quoted } from './harmless.ts';
import { CLIENT, SERVER, SINCE } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';
import type { ClientFigures } from '../../store/client-figures.ts';

const shared = CLIENT_COLUMNS;

const FIELDS: Fields<ClientFigures> = {
  server: fromColumn(shared.server, 'string'),
  client: fromColumn(shared.client, 'string'),
  version: fromColumn(shared.version, 'string'),
  verdict: fromColumn(shared.verdict, 'string'),
  verdict_means: textField(meaningOf),
  summary: textField((client) => inOneSentence({ ...client, client: quoted(client.client) })),
  sessions: fromColumn(shared.sessions, 'number'),
  empty_sessions: fromColumn(shared.emptySessions, 'number'),
  people: numberField(({ people }) => people, 'About how many different credentials called tools; counted by the day'),
  conversations: numberField(
    ({ conversations }) => conversations,
    'About how many different conversation keys it sent with tool calls; counted by the day',
  ),
  tool_calls: fromColumn(shared.toolCalls, 'number'),
  calls_per_session: fromColumn(shared.callsPerSession, 'number'),
  handshakes: numberField(({ handshakes }) => handshakes),
  avoidable_handshakes: numberField(({ avoidableHandshakes }) => avoidableHandshakes),
  handshakes_per_call: fromColumn(shared.handshakesPerCall, 'number'),
  lists_per_call: fromColumn(shared.listsPerCall, 'number'),
  sessionless_share: fromColumn(shared.sessionless, 'number', 'share, 0 to 1'),
  failed_share: fromColumn(shared.failed, 'number', 'share, 0 to 1'),
  rejected_share: fromColumn(shared.rejected, 'number', 'share, 0 to 1'),
  p50_seconds: numberField(({ p50Seconds }) => p50Seconds, 'The median tool call'),
  p95_seconds: fromColumn(shared.p95, 'number'),
  answer_tokens: fromColumn(shared.answerTokens, 'number'),
  first_seen: timeField(({ firstAt }) => firstAt),
  last_seen: timeField(({ lastAt }) => lastAt),
};

export const listClients = assistantTool({
  name: 'list_clients',
  title: 'List clients and how they behave',
  description:
    'Each recorded MCP client at each server: sessions, tool calls, handshakes per call, failures, latency, and a verdict on how it uses sessions (per-call, reusing, sessionless, modern, one-shot, mixed) with what that means.',
  takes: { server: SERVER, client: CLIENT, since: SINCE },
  rows: 30,
  fields: FIELDS,
  find(reader, { server, client, since }) {
    const rows = reader.clients({ server, client, since });
    const notes = [othersInWords(rows.map((row) => row.client))].filter((note) => note !== '');
    return {
      rows,
      total: rows.length,
      notes: rows.length === 0 ? nothingFound(reader, 'clients', { server, client }) : notes,
    };
  },
});
