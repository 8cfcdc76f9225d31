import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { BYTES_PER_TOKEN } from '../../src/reading/tokens.ts';
import { bars, lines, spread } from './chart.ts';
import { dashboard, type Row } from './dashboard.ts';
import { tracedSpread } from './latency.ts';
import { counted, labels, max, nested, own, quantile, rate, sum, traffic } from './promql.ts';
import { CHOSEN_TOOLS as calls } from './tool-calls.ts';
import { toolAndClientTable, toolTable } from './tool-tables.ts';

const STEP = '$__interval';
const TOOL = `{{${labels('toolName')}}}`;
const CLIENT = `{{${labels('client')}}}`;
const METHOD = `{{${labels('method')}}}`;
const NO_CALLS = 'No tool calls in this period';

const latency: Row = {
  panels: [
    lines(
      {
        id: 1,
        title: 'How long do calls take?',
        means: 'Median, 95th and 99th percentile over the chosen tools, every call counted.',
        todo: 'If only the 99th moves, look right for the single slow calls; if the median moves, the server as a whole is slower.',
        empty: NO_CALLS,
        size: [12, 8],
        unit: 's',
      },
      [
        { expr: calls.quantileNow(0.5, []), legend: 'median' },
        { expr: calls.quantileNow(0.95, []), legend: 'p95' },
        { expr: calls.quantileNow(0.99, []), legend: 'p99' },
      ],
    ),
    spread(
      {
        id: 2,
        title: 'Where do slow calls lie, and which are they?',
        means:
          'Traced calls by duration over time: the stronger the colour, the more of them. Each diamond is one call.',
        todo: 'Click a diamond in the upper rows to open its trace; choose a tool above to see only its calls.',
        empty: 'No latency series from the collector (span_metrics), or nothing was sampled',
        size: [12, 8],
        unit: 's',
      },
      tracedSpread,
    ),
    lines(
      {
        id: 3,
        title: 'How long do calls of each tool take?',
        means: 'The 95th percentile of each tool, every call counted.',
        todo: 'One line that rises is that tool, or what it depends on; all of them together are the server.',
        empty: NO_CALLS,
        size: [12, 8],
        unit: 's',
      },
      [{ expr: calls.quantileNow(0.95, ['toolName']), legend: TOOL }],
    ),
    bars(
      {
        id: 4,
        title: 'Which tools fail, and how?',
        means:
          "Failed calls by tool and kind of error. `tool_error` is the tool's own (`isError`), numbers are JSON-RPC or HTTP codes, `lost` is an answer that never came. Callers' mistakes (unknown tool, wrong arguments) are not counted here but beside it.",
        todo: '`upstream_unreachable`, `upstream_reset`, `timeout` and 5xx over all tools: the server. One tool: its traces with errors are on Sessions.',
        empty: 'No failed tool call in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: calls.failed(['toolName', 'errorType']), legend: `${TOOL}: {{${labels('errorType')}}}` }],
    ),
    bars(
      {
        id: 5,
        title: 'Which tools reject calls, and why?',
        means:
          'Calls by tool that were not done, by a fault of the client: `-32602` is wrong arguments or a tool that does not exist, `-32002` a resource that does not exist; without a code the tool was said to be unknown, or HTTP answered 4xx.',
        todo: 'One tool: its description or its schema misleads models; show an example of good arguments, and say in the error what was wrong.',
        empty: 'No rejected tool call in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: calls.rejected(['toolName', 'rpcStatusCode']), legend: `${TOOL} {{${labels('rpcStatusCode')}}}` }],
    ),
    bars(
      {
        id: 6,
        title: 'Which clients send calls that are rejected?',
        means:
          'The same calls by client and tool: a model that sends wrong arguments, or a client that works from an old list of tools.',
        todo: 'One client alone: compare its arguments with those of a client that works (`--capture arguments`, then the traces with `mcpspan.rejected`).',
        empty: 'No rejected tool call in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: calls.rejected(['client', 'toolName']), legend: `${CLIENT}: ${TOOL}` }],
    ),
  ],
};

const tables: Row = { title: 'Tool by tool', panels: [toolTable(10), toolAndClientTable(11)] };

const ANSWER = { method: '="tools/call"', direction: '="to-client"', toolName: '=~"$tool"' } as const;
const answerBytes = traffic('messageBytes', ANSWER, '_bucket');
const answerSizes = traffic('messageBytes', ANSWER, '_sum');
const listBytes = traffic('messageBytes', { method: '=~".+/list"', direction: '="to-client"' }, '_bucket');

const rest: Row = {
  title: 'Names, sizes, and what else is said',
  panels: [
    bars(
      {
        id: 20,
        title: 'Which clients call tools that do not exist?',
        means: 'Calls of tools that the server does not know: its answer says so, or, where none came, its list.',
        todo: 'Right after a deployment: the client still has the old list; send `list_changed`. At any time: a model that invents names, or a scanner.',
        empty: 'Only tools that exist were called in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['client'], counted(traffic('toolsUnknown'), STEP)), legend: CLIENT }],
    ),
    lines(
      {
        id: 21,
        title: 'How large are answers?',
        means: "The 95th percentile of the size of each tool's answers: what goes into the context of a model.",
        todo: 'Cut, page or summarise what a tool answers before the client does it for you.',
        empty: NO_CALLS,
        size: [8, 8],
        unit: 'bytes',
      },
      [{ expr: quantile(0.95, ['toolName'], rate(answerBytes)), legend: TOOL }],
    ),
    lines(
      {
        id: 22,
        title: 'What do the lists weigh?',
        means: 'Median size of answers to list calls. Every conversation pays for `tools/list` before its first call.',
        todo: 'Shorten descriptions and schemas; offer fewer tools; let clients cache the list.',
        empty: 'No list was fetched in this period',
        size: [8, 8],
        unit: 'bytes',
      },
      [{ expr: quantile(0.5, ['method'], rate(listBytes)), legend: METHOD }],
    ),
    lines(
      {
        id: 26,
        title: 'How many tokens do the tools cost every conversation?',
        means: `The definitions of all tools that a server lists, at ${BYTES_PER_TOKEN} bytes a token. Most clients put them into the context of each conversation.`,
        todo: 'From some thousand on: shorten descriptions and schemas, and drop tools without calls (see "How is each tool doing?").',
        empty: 'No list of tools was fetched since mcpspan started',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: `${sum(['server'], `max by (${labels('server', 'toolName')}) ${nested(own('toolsDefinition'))}`)} / ${BYTES_PER_TOKEN}`,
          legend: `{{${labels('server')}}}`,
        },
      ],
    ),
    lines(
      {
        id: 29,
        title: 'How many people use each tool?',
        means:
          'About how many credentials (`principal`), or conversations where clients send a key, called it today (UTC). It starts anew each day.',
        todo: 'A tool that few use, and that costs every conversation tokens, may be worth less than it takes.',
        empty: 'No client sends a credential or a conversation key',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: max(['toolName', 'userKind'], own('toolUsers', { toolName: '=~"$tool"' })),
          legend: `${TOOL}: {{${labels('userKind')}}}`,
        },
      ],
    ),
    bars(
      {
        id: 27,
        title: 'How many tokens do answers take?',
        means: `The answers to tool calls by tool, at ${BYTES_PER_TOKEN} bytes a token: what went into the contexts of models. Answers full of ids and numbers take up to half more.`,
        todo: 'The highest tool first: return less, by pages or on demand.',
        empty: NO_CALLS,
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: `${sum(['toolName'], counted(answerSizes, STEP))} / ${BYTES_PER_TOKEN}`, legend: TOOL }],
    ),
    bars(
      {
        id: 23,
        title: 'Which calls do clients give up?',
        means: 'Requests that the client cancelled, or left before the answer came.',
        todo: 'Clients give up after a fixed time of theirs: compare with the 99th percentile above.',
        empty: 'No request was given up in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['client', 'method'], counted(traffic('cancellations'), STEP)), legend: `${CLIENT}: ${METHOD}` }],
    ),
    bars(
      {
        id: 28,
        title: 'Which clients repeat the same call?',
        means:
          'Tool calls with the same arguments as the calls before them in one session or conversation: from the fifth in a row on, or the third without success.',
        todo: 'Polling looks like this: answer with a progress message, or say when to ask again. Otherwise a model is stuck: look at what the tool answers (`mcpspan slow --tool NAME`).',
        empty: 'No call was repeated in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client', 'toolName'], counted(traffic('toolCallsRepeated', { toolName: '=~"$tool"' }), STEP)),
          legend: `${CLIENT}: ${TOOL}`,
        },
      ],
    ),
    lines(
      {
        id: 24,
        title: 'How long do clients take to answer the server?',
        means:
          'The 95th percentile of requests the other way: sampling, elicitation, roots. A tool call waits for as long.',
        todo: 'Elicitation waits for a person. Anything else that is slow belongs to the client.',
        empty: 'The servers asked their clients nothing in this period',
        size: [8, 8],
        unit: 's',
      },
      [{ expr: quantile(0.95, ['method'], rate(traffic('clientOperation', {}, '_bucket'))), legend: METHOD }],
    ),
    lines(
      {
        id: 25,
        title: 'What else do they tell each other?',
        means: 'Notifications a minute, both ways, by method: progress, log messages, changes of lists.',
        todo: 'A server that logs or reports progress by the hundred a call slows its own answers down.',
        empty: 'No notifications in this period',
        size: [8, 8],
        unit: 'suffix: /min',
        decimals: 1,
      },
      [
        {
          expr: `60 * ${sum(['method', 'direction'], rate(traffic('notifications')))}`,
          legend: `${METHOD} {{${labels('direction')}}}`,
        },
      ],
    ),
    bars(
      {
        id: 30,
        title: 'Which tools changed, and how?',
        means:
          'Changes of the definitions that the server lists. `…-less-safe`: a hint changed to the less safe side, such as a tool that is no longer read-only. `removed`: nobody is offered the tool any more.',
        todo: 'See the definition before and after: `mcpspan tools --changes NAME`, or Tools on the page of mcpspan.',
        empty: 'No tool changed in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['toolName', 'change'], counted(own('toolsChanges', { toolName: '=~"$tool"' }), STEP)),
          legend: `${TOOL}: {{${labels('change')}}}`,
        },
      ],
    ),
  ],
};

export const tools = (): Dashboard =>
  dashboard({
    uid: 'mcpspan-tools',
    description: 'Which tools are slow, fail, reject calls, or answer one client with nothing?',
    variables: ['datasource', 'server', 'client', 'tool', 'instance'],
    rows: [latency, tables, rest],
  });
