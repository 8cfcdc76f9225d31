import type { ToolFigures } from '../store/tool-figures.ts';
import { column, countColumn, durationColumn, percentColumn, quotient, textColumn } from './column.ts';
import { bytes, clockTime } from './figures.ts';
import { peopleColumn } from './people-words.ts';
import { tokensIn, tokensInWords } from './tokens.ts';
import { changeOf } from './tool-words.ts';

/** The columns that describe a tool of a server. */
export const TOOL_COLUMNS = {
  server: textColumn<ToolFigures>('server', 'server', ({ server }) => server),
  tool: textColumn<ToolFigures>('tool', 'tool', ({ tool }) => tool),
  calls: countColumn<ToolFigures>('calls', 'calls', ({ calls }) => calls),
  people: peopleColumn<ToolFigures>(),
  failed: percentColumn<ToolFigures>(
    'failed',
    'failed',
    ({ failed, calls }) => quotient(failed, calls),
    'Calls that the server failed to answer, or answered with an error of its own',
  ),
  rejected: percentColumn<ToolFigures>(
    'rejected',
    'rejected',
    ({ rejected, calls }) => quotient(rejected, calls),
    'Calls with a fault of the client: wrong arguments, an unknown tool, HTTP 4xx',
  ),
  p50: durationColumn<ToolFigures>('p50', 'p50', ({ p50Seconds }) => p50Seconds, 'The median call'),
  p95: durationColumn<ToolFigures>('p95', 'p95', ({ p95Seconds }) => p95Seconds, '95 of 100 calls take no longer'),
  p99: durationColumn<ToolFigures>('p99', 'p99', ({ p99Seconds }) => p99Seconds, '99 of 100 calls take no longer'),
  medianAnswer: column<ToolFigures, number>({
    id: 'answer',
    title: 'median answer',
    hint: 'The size of answers, those with an error left out',
    side: 'right',
    value: ({ medianAnswerBytes }) => medianAnswerBytes,
    format: bytes,
  }),
  definition: column<ToolFigures, number>({
    id: 'definition',
    title: 'definition',
    hint: 'What a client reads of it in tools/list',
    side: 'right',
    value: ({ definition }) => definition?.bytes,
    format: bytes,
  }),
  definitionTokens: column<ToolFigures, number>({
    id: 'definition-tokens',
    title: 'tokens listed',
    hint: 'About what its definition takes of a context, in every conversation: its bytes ÷ 4',
    side: 'right',
    value: ({ definition }) => (definition === undefined ? undefined : tokensIn(definition.bytes)),
    format: tokensInWords,
  }),
  answerTokens: column<ToolFigures, number>({
    id: 'answer-tokens',
    title: 'tokens answered',
    hint: 'About what all its answers took of contexts: their bytes ÷ 4',
    side: 'right',
    // As in the table of clients.
    value: ({ answerBytes }) => (answerBytes === 0 ? undefined : tokensIn(answerBytes)),
    format: tokensInWords,
  }),
  lastCall: column<ToolFigures, number>({
    id: 'last',
    title: 'last call',
    side: 'left',
    value: ({ lastAt }) => lastAt,
    format: clockTime,
  }),
  notes: textColumn<ToolFigures>('notes', 'notes', changeOf),
} as const;
