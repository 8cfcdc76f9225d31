import type { StoredOperation } from '../../store/operation-queries.ts';
import { choice, name } from './argument-kinds.ts';
import { textField, type Fields } from './fields.ts';
import { OPERATION, payloadNotes } from './operation-fields.ts';
import { CLIENT, SERVER, SINCE, TOOL } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';

const CALL: Fields<StoredOperation> = {
  ...OPERATION,
  server: textField(({ server }) => server),
  client: textField(({ client }) => client),
  session: textField(({ session }) => session?.id, 'for session_timeline'),
};

export const findCalls = assistantTool({
  name: 'find_calls',
  title: 'Find slow or failed calls',
  description:
    'Single recorded operations: tool calls and all other requests. Answers: which calls were slow, what failed lately, why it failed. For the failed ones give status failed, and rejected for those with a fault of the client.',
  takes: {
    order: choice(['slowest', 'latest'], 'slowest first, or latest first'),
    server: SERVER,
    client: CLIENT,
    tool: TOOL,
    status: name('ok, failed, rejected, an outcome (tool-error, rpc-error, refused, cancelled, lost), or a code'),
    since: SINCE,
  },
  rows: 20,
  fields: CALL,
  find(reader, { order, ...filter }, most) {
    const asked = { ...filter, limit: most };
    const rows = order === 'slowest' ? reader.slow(asked) : reader.latest(asked).toReversed();
    return { rows, notes: rows.length === 0 ? nothingFound(reader, 'calls', filter) : payloadNotes(rows) };
  },
});
