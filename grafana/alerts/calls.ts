import { MINUTE, series } from './promql.ts';
import type { RecordingRule } from './rule.ts';

/** The window of figures per client, in seconds. */
export const WINDOW = 15 * MINUTE;
export const CLIENT = ['server', 'client'] as const;

export const toolCalls: RecordingRule = {
  record: 'client:mcpspan_tool_calls:increase15m',
  comment: 'Tool calls, without further rounds of the same call.',
  expr: ({ promql }) => promql.grown(CLIENT, series('toolCalls', { attempt: '="first"' }), WINDOW),
};
