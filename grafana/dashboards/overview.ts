import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { bars, leadingTo, lines, linesWithLimits } from './chart.ts';
import { dashboard, type Row } from './dashboard.ts';
import { compared, figure } from './figure.ts';
import { handshakesPerCall, IN_SESSION } from './handshake-ratio.ts';
import { tracedQuantile } from './latency.ts';
import { cell, linkTo, ofSeries } from './links.ts';
import { COLOR, steps } from './palette.ts';
import { any, counted, labels, sum, traffic } from './promql.ts';
import { count, failed, rejected, ratio, seconds, SERVER, table, verdict } from './table.ts';
import { CHOSEN_TOOLS as calls } from './tool-calls.ts';
import { PER_CALL_CLIENTS, VERDICT_CODE, verdictChanges } from './verdicts.ts';

const NO_CALLS = 'No tool calls in this period';
const sessions = traffic('sessions', { sessionSource: `=~"${IN_SESSION}"` });
const active = traffic('sessionsOpen', { sessionSource: `=~"${IN_SESSION}"`, state: '="active"' });

const figures: Row = {
  panels: [
    compared(
      {
        id: 1,
        title: 'How many tool calls are made?',
        means: 'Tool calls in the period shown; below it the change against the period of the same length before it.',
        todo: 'A sudden drop is as telling as a rise: see under the servers below which client stopped.',
        empty: NO_CALLS,
        size: [4, 5],
        unit: 'short',
        decimals: 0,
      },
      calls.count([]),
      'neither',
    ),
    compared(
      {
        id: 2,
        title: 'How many of them fail?',
        means:
          "Share of tool calls that failed: tool errors (`isError`), JSON-RPC errors that are the server's fault, HTTP 5xx, answers that never came. Callers' mistakes are not counted: those calls are rejected.",
        todo: 'Open Tools to see which tool, which kind of error, and whether one client alone is hit.',
        empty: NO_CALLS,
        size: [4, 5],
        unit: 'percentunit',
        decimals: 1,
      },
      calls.failedShare([]),
      'bad',
      steps(COLOR.good, [0.01, COLOR.notice], [0.05, COLOR.warning], [0.2, COLOR.error]),
    ),
    compared(
      {
        id: 3,
        title: 'How long do 95 % of calls take at most?',
        means: 'The 95th percentile of tool calls, from request received to answer sent, over all chosen tools.',
        todo: 'If it rose, open Tools: the slow tool is the one whose line moved, and each point there opens a trace.',
        empty: NO_CALLS,
        size: [4, 5],
        unit: 's',
        decimals: 1,
      },
      calls.quantile(0.95, []),
      'bad',
    ),
    compared(
      {
        id: 4,
        title: 'How many sessions are active?',
        means:
          'Real sessions that spoke within the last minute of the period. Activity that is only derived (no session id) is left out.',
        todo: 'Compare with the sessions that are quiet on the Sessions dashboard: if those only grow, the server leaks them.',
        empty: 'No session was opened yet',
        size: [4, 5],
        unit: 'short',
        decimals: 0,
      },
      sum([], active),
      'neither',
    ),
    compared(
      {
        id: 5,
        title: 'How many handshakes does a tool call cost?',
        means:
          'Successful handshakes (`initialize`, `server/discover`) per tool call over the period. Well below 0.2 is healthy, about 1 is a handshake for every call.',
        todo: 'From 0.8 on, open Clients and look which line is up and what the verdict of that client is.',
        empty: 'Fewer than 20 tool calls in this period: too few to judge',
        size: [4, 5],
        unit: 'none',
        decimals: 2,
      },
      handshakesPerCall([], '$__range'),
      'bad',
      steps(COLOR.good, [0.2, COLOR.notice], [0.8, COLOR.bad]),
    ),
    figure(
      {
        id: 6,
        title: 'How many clients open a session for every call?',
        means:
          'Clients, counted per server, whose verdict is `per-call` at the end of the period: everything that the server keeps per session is gone at their next call.',
        todo: 'Open Clients for their names. Key the state by user or conversation instead of by session.',
        empty: 'No verdict yet: a client is judged from 5 tool calls on',
        size: [4, 5],
        unit: 'short',
        decimals: 0,
      },
      PER_CALL_CLIENTS,
      steps(COLOR.good, [1, COLOR.bad]),
    ),
  ],
};

const SORT = 'Calls';

const top: Row = {
  panels: [
    table(
      {
        id: 10,
        title: 'Which tools are used most?',
        means:
          'Tools by calls in the period, with the shares that failed and that were rejected for a fault of the client, and the 95th percentile of their duration.',
        todo: 'A click on a tool opens Tools about it. `_OTHER` are names that no tool list offered.',
        empty: NO_CALLS,
        size: [12, 9],
      },
      [
        { ...SERVER, link: linkTo('mcpspan-tools', 'Tools of this server', { server: cell('Server') }) },
        {
          label: 'toolName',
          header: 'Tool',
          link: linkTo('mcpspan-tools', 'This tool', { server: cell('Server'), tool: cell('Tool') }),
        },
      ],
      [
        { header: SORT, expr: any(calls.count(['server', 'toolName'])), ...count },
        { header: 'Failed', expr: calls.failedShare(['server', 'toolName']), ...failed },
        { header: 'Rejected', expr: calls.rejectedShare(['server', 'toolName']), ...rejected },
        { header: 'p95', expr: calls.quantile(0.95, ['server', 'toolName']), ...seconds },
      ],
      SORT,
    ),
    table(
      {
        id: 11,
        title: 'Which clients call most?',
        means:
          'Clients by tool calls in the period: sessions they opened, shares of calls that failed and that were rejected for a fault of the client, handshakes per call (from 20 calls on) and the present verdict on how they use the server.',
        todo: 'A click on a client opens Clients about it. `per-call` and `sessionless` lose what the server keeps per session.',
        empty: NO_CALLS,
        size: [12, 9],
      },
      [
        SERVER,
        {
          label: 'client',
          header: 'Client',
          link: linkTo('mcpspan-clients', 'This client', { server: cell('Server'), client: cell('Client') }),
        },
      ],
      [
        { header: SORT, expr: any(calls.count(['server', 'client'])), ...count },
        { header: 'Sessions', expr: any(sum(['server', 'client'], counted(sessions))), ...count },
        { header: 'Failed', expr: calls.failedShare(['server', 'client']), ...failed },
        { header: 'Rejected', expr: calls.rejectedShare(['server', 'client']), ...rejected },
        { header: 'Handshakes per call', expr: handshakesPerCall(['server', 'client'], '$__range'), ...ratio },
        { header: 'Verdict', expr: VERDICT_CODE, ...verdict },
      ],
      SORT,
    ),
  ],
};

const perServer: Row = {
  title: 'Server $server',
  repeat: 'server',
  panels: [
    leadingTo(
      lines(
        {
          id: 20,
          title: 'Who calls tools, and how often?',
          means: 'Tool calls a minute by client, smoothed over at least four minutes.',
          todo: 'A line that ends is a client that went away or was refused: see the HTTP refusals on Clients.',
          empty: NO_CALLS,
          size: [6, 8],
          unit: 'suffix: /min',
          decimals: 1,
        },
        [{ expr: calls.perMinute(['client']), legend: `{{${labels('client')}}}` }],
      ),
      linkTo('mcpspan-clients', 'This client', { client: ofSeries('client') }),
    ),
    bars(
      {
        id: 21,
        title: 'What goes wrong?',
        means:
          "Failed tool calls in each step, by kind of error: `tool_error` is the tool's own, numbers are JSON-RPC or HTTP codes, `lost` is an answer that never came.",
        todo: '`upstream_unreachable`, `upstream_reset` and `timeout` are the server or the way to it; for the rest open Tools.',
        empty: 'No failed tool call in this period',
        size: [6, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: calls.failed(['errorType']), legend: `{{${labels('errorType')}}}` }],
    ),
    lines(
      {
        id: 22,
        title: 'How long do calls take, and which were slow?',
        means: 'Median and 95th percentile of the traced tool calls. Each diamond is one call.',
        todo: 'Click a diamond high above the lines to open its trace.',
        empty:
          'No latency series from the collector (span_metrics), or nothing sampled: the Tools dashboard has latency without it',
        size: [6, 8],
        unit: 's',
      },
      [tracedQuantile(0.5, [], 'median'), tracedQuantile(0.95, [], 'p95')],
    ),
    leadingTo(
      linesWithLimits(
        {
          id: 23,
          title: 'How many handshakes does a call cost each client?',
          means:
            'Handshakes per tool call over the window chosen above, for clients with 20 calls or more in it. Well below 0.2 is healthy, about 1 is a handshake for every call.',
          todo: 'Click a line that is up to see on Clients what the client does, and since when.',
          empty: 'No client made 20 tool calls within the window: choose a longer one above',
          size: [6, 8],
          decimals: 2,
        },
        [{ expr: handshakesPerCall(['client'], '$window'), legend: `{{${labels('client')}}}` }],
        steps(COLOR.good, [0.2, COLOR.notice], [0.8, COLOR.bad]),
      ),
      linkTo('mcpspan-clients', 'This client', { client: ofSeries('client') }),
    ),
  ],
};

export const overview = (): Dashboard =>
  dashboard({
    uid: 'mcpspan-overview',
    description: 'Is anything wrong with my MCP servers, and where do I look next?',
    variables: ['datasource', 'server', 'client', 'tool', 'instance', 'window'],
    annotations: [verdictChanges([20, 23])],
    rows: [figures, top, perServer],
  });
