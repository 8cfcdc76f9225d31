import { MINUTE, series } from './promql.ts';
import type { RecordingRule } from './rule.ts';

/** Window of what is counted per client, in seconds. */
export const WINDOW = 15 * MINUTE;
export const CLIENT = ['server', 'client'] as const;

export const toolCalls: RecordingRule = {
  record: 'client:mcpspan_tool_calls:increase15m',
  comment: 'Tool calls, further rounds of a call not counted.',
  expr: ({ promql }) => promql.grown(CLIENT, series('toolCalls', { attempt: '="first"' }), WINDOW),
};
