import { ATTR, SPAN } from '../../src/telemetry/semconv.ts';
import type { Row } from './dashboard.ts';
import { begunSessions, endedSessions, jaegerTable, SESSION, tempoTable, traces } from './trace-table.ts';

const OPEN = 'Click an id under Trace to open it.';
const ROTATED = 'A very long session that was cut into parts has a row for each part.';

export const inTempo: Row = {
  title: 'Sessions, from Tempo',
  panels: [
    tempoTable(
      {
        id: 20,
        title: 'Which sessions ended?',
        means: `Sessions that ended in the period, latest first, with their totals. ${ROTATED}`,
        todo: `${OPEN} Sort by a column to find the extreme ones.`,
        empty: 'No session ended in this period, or its traces were not sampled',
        size: [24, 10],
      },
      endedSessions(),
    ),
    tempoTable(
      {
        id: 21,
        title: 'Which sessions had failures?',
        means:
          'Ended sessions with at least one failed operation: the server did not answer, or answered with an error of its own.',
        todo: `${OPEN} The failed spans are marked red there.`,
        empty: 'No session with a failure ended in this period',
        size: [12, 8],
      },
      endedSessions(SESSION.failing),
    ),
    tempoTable(
      {
        id: 26,
        title: 'Which sessions had requests that were rejected?',
        means:
          'Ended sessions with at least one operation that was not done, by a fault of the client: wrong arguments, an unknown tool, HTTP 4xx.',
        todo: `${OPEN} The rejected spans have the attribute \`${ATTR.rejected}\` there, and no error.`,
        empty: 'No session with a rejected request ended in this period',
        size: [12, 8],
      },
      endedSessions(SESSION.rejecting),
    ),
    tempoTable(
      {
        id: 22,
        title: 'Which sessions were long?',
        means:
          'Ended sessions that lasted longer than what is chosen above as long, from first request to last activity.',
        todo: `${OPEN} Long ones with few calls hold memory in the server for nothing.`,
        empty: 'No session as long as chosen above ended in this period',
        size: [12, 8],
      },
      endedSessions(SESSION.long),
    ),
    tempoTable(
      {
        id: 23,
        title: 'Which sessions were never used?',
        means: 'Ended sessions without a single tool call.',
        todo: `${OPEN} Many from one client, seconds apart, are a reconnect loop.`,
        empty: 'No session ended unused in this period',
        size: [12, 8],
      },
      endedSessions(SESSION.empty),
    ),
    tempoTable(
      {
        id: 24,
        title: 'Which sessions began?',
        means:
          'Sessions by their beginning, whether they ended since or not. Figures come with the end, so they are missing here.',
        todo: `${OPEN} A session that is still open is complete up to its last operation.`,
        empty: 'No session began in this period, or its traces were not sampled',
        size: [24, 8],
      },
      begunSessions(),
    ),
    tempoTable(
      {
        id: 25,
        title: 'Which traces belong to this session or conversation?',
        means:
          'Everything that names the id typed above: the traces of one session, or all the sessions of one conversation. Many sessions to a conversation is the session-per-call pattern, caught in the act.',
        todo: `Type an id above. ${OPEN} With \`--hash-ids\` type the hash.`,
        empty: 'Type a session or conversation id above; nothing in this period names it',
        size: [24, 8],
      },
      traces(SESSION.wanted),
    ),
  ],
};

const NARROW = 'Narrow it by tags above, for example `mcpspan.client=chatgpt`.';

export const inJaeger: Row = {
  title: 'Sessions, from Jaeger',
  folded: true,
  panels: [
    jaegerTable(
      {
        id: 40,
        title: 'Which sessions ended, says Jaeger?',
        means:
          'Traces with a session summary. Jaeger compares for equality only and does not know the choices of server and client above.',
        todo: `Click a trace id to open it. ${NARROW}`,
        empty: 'No session ended in this period, or mcpspan has another service name: set it above',
        size: [12, 9],
      },
      { operation: SPAN.summary },
    ),
    jaegerTable(
      {
        id: 41,
        title: 'Which traces hold a tool error, says Jaeger?',
        means: 'Traces in which a tool answered with `isError`.',
        todo: `Click a trace id to open it. ${NARROW}`,
        empty: 'No tool error in this period, or mcpspan has another service name: set it above',
        size: [12, 9],
      },
      { tags: `${ATTR.errorType}=tool_error` },
    ),
    jaegerTable(
      {
        id: 42,
        title: 'Which sessions were long, says Jaeger?',
        means: 'Traces whose session summary lasted at least as long as chosen above.',
        todo: `Click a trace id to open it. ${NARROW}`,
        empty: 'No session as long as chosen above ended in this period',
        size: [12, 9],
      },
      { operation: SPAN.summary, minDuration: '$long' },
    ),
    jaegerTable(
      {
        id: 43,
        title: 'Which sessions were never used, says Jaeger?',
        means: 'Traces of ended sessions without a tool call.',
        todo: `Click a trace id to open it. ${NARROW}`,
        empty: 'No session ended unused in this period',
        size: [12, 9],
      },
      { operation: SPAN.summary, tags: `${ATTR.summaryToolCalls}=0` },
    ),
  ],
};
