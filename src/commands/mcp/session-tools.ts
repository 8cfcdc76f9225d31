import { Problem } from '../../settings/option-kinds.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import { counted } from '../../reading/figures.ts';
import { kindOf, lengthOf, stateOf } from '../../reading/session-words.ts';
import { name, requiredText } from './argument-kinds.ts';
import { numberField, rowSchema, shown, textField, timeField, type Field, type Fields } from './fields.ts';
import { harmless, quoted } from './harmless.ts';
import { OPERATION, payloadNotes } from './operation-fields.ts';
import { CLIENT, SERVER, SINCE, TOOL } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';

const SESSION: Fields<StoredSession> = {
  id: textField(({ id }) => id, 'for session_timeline; the beginning of it is enough'),
  kind: textField(kindOf, 'a session, or activity: requests without a session id'),
  server: textField(({ server }) => server),
  client: textField(({ client }) => client),
  client_version: textField(({ clientVersion }) => clientVersion),
  protocol: textField(({ protocolVersion }) => protocolVersion),
  conversation: textField(({ conversation }) => conversation),
  opened_at: timeField(({ openedAt }) => openedAt),
  seconds: numberField(lengthOf, 'from its first request to its last activity'),
  state: textField(stateOf, 'active, quiet, or how it ended'),
  operations: numberField(({ operations }) => operations),
  tool_calls: numberField(({ toolCalls }) => toolCalls),
  handshakes: numberField(({ handshakes }) => handshakes),
  failed: numberField(({ failed }) => failed, 'operations that the server failed'),
  rejected: numberField(({ rejected }) => rejected, 'operations with a fault of the client'),
};

export const listSessions = assistantTool({
  name: 'list_sessions',
  title: 'List sessions',
  description:
    'Sessions of MCP clients that mcpspan recorded, the latest first, with their totals. Answers: who was here, how long, how many calls.',
  takes: {
    server: SERVER,
    client: CLIENT,
    tool: TOOL,
    status: name('open, ended, how it ended (deleted, expired, idle, process-exit), ok, failed or rejected'),
    since: SINCE,
  },
  rows: 20,
  fields: SESSION,
  find(reader, filter, most) {
    const rows = reader.sessions({ ...filter, limit: most });
    const notes = rows.length === 0 ? nothingFound(reader, 'sessions', filter) : [];
    return { rows, total: reader.countSessions(filter), notes };
  },
});

interface TimelineRow {
  operation: StoredOperation;
  openedAt: number;
}

export const sessionTimeline = assistantTool({
  name: 'session_timeline',
  title: 'Show one session',
  description:
    'Everything that happened in one recorded session, in order: each operation with its offset, duration, status and, where recorded, error message and payload.',
  takes: { session: requiredText('the id of the session, or its beginning: see list_sessions and find_calls') },
  rows: 50,
  fields: {
    offset_seconds: numberField<TimelineRow>(
      ({ operation, openedAt }) => Math.max(0, operation.startedAt - openedAt) / 1_000,
      'since the session began',
    ),
    ...Object.fromEntries(
      Object.entries(OPERATION).map(([name, field]): [string, Field<TimelineRow>] => [
        name,
        { ...field, value: ({ operation }, now) => field.value(operation, now) },
      ]),
    ),
  },
  beside: { session: rowSchema(SESSION) },
  find(reader, { session }, most, now) {
    const [only, ...others] = reader.findSessions(session);
    if (only === undefined) {
      return new Problem(
        `No recorded session has an id that begins with ${quoted(session)}. list_sessions lists them; where ids are hashed, give the whole id.`,
      );
    }
    if (others.length > 0) {
      const ids = [only, ...others].map(({ id }) => quoted(id)).join(', ');
      return new Problem(`Several ids begin with ${quoted(session)}: ${ids}. Give more of the id.`);
    }
    const operations = reader.operationsOf(only, most);
    const missing = operations.length < most ? only.operations - operations.length : 0;
    return {
      rows: operations.map((operation) => ({ operation, openedAt: only.openedAt })),
      ...(missing <= 0 && { total: only.operations }),
      notes: [
        ...(missing > 0 ? [`${counted(missing, 'operation')} of it are no longer recorded: the oldest go first.`] : []),
        ...payloadNotes(operations),
      ],
      beside: { session: harmless(shown(only, SESSION, now)) },
    };
  },
});
