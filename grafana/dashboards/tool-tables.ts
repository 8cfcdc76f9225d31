import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { cell, linkTo } from './links.ts';
import { COLOR, steps } from './palette.ts';
import { any, bound, counted, labels, nested, quantile, share, sum, traffic, type Label } from './promql.ts';
import { alarming, count, failed, rejected, seconds, SERVER, table, verdict, type Key } from './table.ts';
import { CHOSEN_TOOLS as calls } from './tool-calls.ts';
import { VERDICT_CODE } from './verdicts.ts';

const TOOL = ['server', 'toolName'] as const;
const TOOL_AND_CLIENT = [...TOOL, 'client'] as const;
const tool: Key = {
  label: 'toolName',
  header: 'Tool',
  link: linkTo('mcpspan-tools', 'Only this tool', { server: cell('Server'), tool: cell('Tool') }),
};
const empty = 'No tool calls in this period';

const ANSWER = { method: '="tools/call"', direction: '="to-client"', toolName: '=~"$tool"' } as const;
const answers = traffic('messageBytes', ANSWER, '_bucket');
const medianAnswer = (by: readonly Label[]): string => quantile(0.5, by, counted(answers));

/** An envelope with nothing in it has at most so many bytes; it is the first bucket. */
const MAX_EMPTY_BYTES = 100;
const nearlyEmpty = share(
  sum(TOOL_AND_CLIENT, counted(traffic('messageBytes', { ...ANSWER, le: bound(MAX_EMPTY_BYTES) }, '_bucket'))),
  sum(TOOL_AND_CLIENT, counted(traffic('messageBytes', ANSWER, '_count'))),
);

/** Fewer calls make no useful median. */
const MIN_CALLS = 5;
/** The size of a tool's answers to a client, divided by the size of its answers to the client that gets the largest. */
const ofTheLargest = `${nested(medianAnswer(TOOL_AND_CLIENT))}
/ on (${labels(...TOOL)}) group_left () max by (${labels(...TOOL)}) ${nested(medianAnswer(TOOL_AND_CLIENT))}
and on (${labels(...TOOL_AND_CLIENT)}) ${calls.count(TOOL_AND_CLIENT)} >= ${MIN_CALLS}`;

const verdictOnClient = `0 * (${any(calls.count(TOOL_AND_CLIENT))})
+ on (${labels('server', 'client')}) group_left () ${VERDICT_CODE}`;

export const toolTable = (id: number): Builder<Panel> =>
  table(
    {
      id,
      title: 'How is each tool doing?',
      means:
        'A row per tool and server over the period: calls, share that failed, share that was rejected for a fault of the client, percentiles of the duration, the median size of an answer, and when it was last called.',
      todo: 'Click a tool to see only it. `_OTHER` are names that no tool list offered, or more tools than are told apart.',
      empty,
      size: [24, 9],
    },
    [SERVER, tool],
    [
      { header: 'Calls', expr: any(calls.count(TOOL)), ...count },
      { header: 'Failed', expr: calls.failedShare(TOOL), ...failed },
      { header: 'Rejected', expr: calls.rejectedShare(TOOL), ...rejected },
      { header: 'p50', expr: calls.quantile(0.5, TOOL), ...seconds },
      { header: 'p95', expr: calls.quantile(0.95, TOOL), ...seconds },
      { header: 'p99', expr: calls.quantile(0.99, TOOL), ...seconds },
      { header: 'Median answer', expr: medianAnswer(TOOL), unit: 'bytes', decimals: 0 },
      { header: 'Last call', expr: calls.last(TOOL), unit: 'dateTimeFromNow' },
    ],
    'Calls',
  );

export const toolAndClientTable = (id: number): Builder<Panel> =>
  table(
    {
      id,
      title: 'Does a tool fail for one client only?',
      means: `A row per tool and client. "Of the largest" compares the median answer to this client with that to the client that gets the largest answers from the same tool, from ${MIN_CALLS} calls on: 100 % is like the best, near 0 % is an empty answer. "Nearly empty" is the share of answers of at most ${MAX_EMPTY_BYTES} bytes. Leave Client on All, or there is nothing to compare with.`,
      todo: 'Lost session state looks like this: red without failures, since every call succeeds and the answer is empty. If the verdict is `per-call` or `sessionless`, key the state by user or conversation.',
      empty,
      size: [24, 10],
    },
    [
      SERVER,
      tool,
      {
        label: 'client',
        header: 'Client',
        link: linkTo('mcpspan-sessions', 'Its sessions', { server: cell('Server'), client: cell('Client') }),
      },
    ],
    [
      { header: 'Calls', expr: any(calls.count(TOOL_AND_CLIENT)), ...count },
      { header: 'Failed', expr: calls.failedShare(TOOL_AND_CLIENT), ...failed },
      { header: 'Rejected', expr: calls.rejectedShare(TOOL_AND_CLIENT), ...rejected },
      { header: 'Median answer', expr: medianAnswer(TOOL_AND_CLIENT), unit: 'bytes', decimals: 0 },
      {
        header: 'Of the largest',
        expr: ofTheLargest,
        ...alarming({
          unit: 'percentunit',
          decimals: 0,
          // Medians of equal answers that fall into neighbouring buckets are 0.31 of each other.
          thresholds: steps(COLOR.bad, [0.2, COLOR.notice], [0.3, COLOR.none]),
        }),
      },
      { header: 'Nearly empty', expr: nearlyEmpty, unit: 'percentunit', decimals: 0 },
      { header: 'Verdict', expr: verdictOnClient, ...verdict },
    ],
    'Of the largest',
    'smallest',
  );
