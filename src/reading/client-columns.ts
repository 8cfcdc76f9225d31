import type { ClientFigures } from '../store/client-figures.ts';
import { column, countColumn, durationColumn, percentColumn, quotient, ratioColumn, textColumn } from './column.ts';
import { clockTime } from './figures.ts';
import { peopleColumn } from './people-words.ts';
import { tokensIn, tokensInWords } from './tokens.ts';

/** The columns that describe a client at a server. */
export const CLIENT_COLUMNS = {
  server: textColumn<ClientFigures>('server', 'server', ({ server }) => server),
  client: textColumn<ClientFigures>('client', 'client', ({ client }) => client),
  version: textColumn<ClientFigures>('version', 'version', ({ version }) => version),
  sessions: countColumn<ClientFigures>('sessions', 'sessions', ({ sessions }) => sessions),
  toolCalls: countColumn<ClientFigures>('calls', 'tool calls', ({ toolCalls }) => toolCalls),
  callsPerSession: ratioColumn<ClientFigures>('each', 'calls per session', ({ callsInSessions, sessions }) =>
    quotient(callsInSessions, sessions),
  ),
  handshakesPerCall: ratioColumn<ClientFigures>(
    'ratio',
    'handshakes per call',
    ({ handshakes, toolCalls }) => quotient(handshakes, toolCalls),
    'initialize and server/discover, per tool call',
  ),
  listsPerCall: ratioColumn<ClientFigures>(
    'discovery',
    'lists per call',
    ({ discoveries, toolCalls }) => quotient(discoveries, toolCalls),
    'tools/list and other list requests, per tool call',
  ),
  sessionless: percentColumn<ClientFigures>(
    'sessionless',
    'sessionless',
    ({ sessionlessShare }) => sessionlessShare,
    'Tool calls without a session id, in protocol versions that have sessions',
  ),
  emptySessions: countColumn<ClientFigures>('empty', 'empty sessions', ({ emptySessions }) => emptySessions),
  emptyShare: percentColumn<ClientFigures>(
    'empty-share',
    'empty share',
    ({ emptySessions, sessions }) => quotient(emptySessions, sessions),
    'Sessions without a tool call',
  ),
  failed: percentColumn<ClientFigures>(
    'failed',
    'failed',
    ({ failed, toolCalls }) => quotient(failed, toolCalls),
    'Tool calls that the server failed to answer, or answered with an error of its own',
  ),
  rejected: percentColumn<ClientFigures>(
    'rejected',
    'rejected',
    ({ rejected, toolCalls }) => quotient(rejected, toolCalls),
    'Tool calls with a fault of the client: wrong arguments, an unknown tool, HTTP 4xx',
  ),
  people: peopleColumn<ClientFigures>(),
  p95: durationColumn<ClientFigures>(
    'p95',
    'p95',
    ({ p95Seconds }) => p95Seconds,
    '95 of 100 tool calls take no longer',
  ),
  answerTokens: column<ClientFigures, number>({
    id: 'answer-tokens',
    title: 'tokens answered',
    hint: 'About what all answers to its tool calls took of its contexts: their bytes ÷ 4',
    side: 'right',
    // Every answer has bytes: without them it is known from spans, which tell of no sizes.
    value: ({ answerBytes }) => (answerBytes === 0 ? undefined : tokensIn(answerBytes)),
    format: tokensInWords,
  }),
  lastSeen: column<ClientFigures, number>({
    id: 'last',
    title: 'last seen',
    side: 'left',
    value: ({ lastAt }) => lastAt,
    format: clockTime,
  }),
  verdict: textColumn<ClientFigures>(
    'verdict',
    'verdict',
    ({ verdict }) => verdict,
    'How the client used sessions in its last hour',
  ),
} as const;
