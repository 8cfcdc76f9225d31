import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { bars, lines } from './chart.ts';
import { collector } from './collector.ts';
import { dashboard, type Row } from './dashboard.ts';
import { figure } from './figure.ts';
import { COLOR, steps } from './palette.ts';
import { counted, labels, own, quantile, rate, sum } from './promql.ts';
import { SERVER, table } from './table.ts';

const STEP = '$__interval';
const SILENT = 'No mcpspan reported in this period: nothing on these dashboards can be trusted';
const bad = steps(COLOR.good, [0.5, COLOR.bad]);
const suspicious = steps(COLOR.good, [0.5, COLOR.warning]);
const about = { empty: SILENT, size: [4, 5], unit: 'short', decimals: 0 } as const;
const INSTANCE = `{{${labels('server')}}} ({{instance}})`;

/** Seconds since an instance was last heard of; it may have been silent for nearly the whole period. */
const silence = `time() - max by (${labels('server', 'instance')}) (max_over_time(timestamp(${own('copiesDropped')})[$__range:1m]))`;

const figures: Row = {
  panels: [
    figure(
      {
        ...about,
        id: 1,
        title: 'Was everything read?',
        means:
          'Copies of traffic that found no room on their way to the observer, so they are in no figure. The traffic itself was not touched.',
        todo: 'Above 0, figures of this period are too low. Raise `--observe-credit-bytes`, or give mcpspan a second core.',
      },
      sum([], counted(own('copiesDropped'))),
      bad,
    ),
    figure(
      {
        ...about,
        id: 2,
        title: 'Did the observer have to be restarted?',
        means:
          'How often the part that reads and exports died and was started again. Traffic went on; operations in progress count as lost.',
        todo: 'Above 0: the log says why it died. That is a bug: please report it.',
      },
      sum([], counted(own('observerRestarts'))),
      bad,
    ),
    figure(
      {
        ...about,
        id: 3,
        title: 'What was lost for good?',
        means:
          'Spans and log records that will never arrive: there was no room for them to wait, or the backend refused them.',
        todo: 'Above 0, traces of this period have holes. A longer outage needs a larger `--spool-max-mb`; what was refused is in the log.',
      },
      sum([], counted(own('itemsLost'))),
      bad,
    ),
    figure(
      {
        ...about,
        id: 4,
        title: 'How much waits to be delivered?',
        means: 'Spans and log records in the spool at the end of the period: they will arrive late.',
        todo: 'If it does not shrink, the collector is away or refuses: see the exports below.',
        empty: 'No mcpspan with a spool reports here',
      },
      sum([], own('spoolItems')),
      suspicious,
    ),
    figure(
      {
        ...about,
        id: 5,
        title: 'Are names being folded?',
        means:
          'Label values that became `_OTHER`, since there were more clients, tools or prompts than mcpspan has labels for.',
        todo: "If they are yours, raise `--max-clients` or `--max-tools`. If they are a scanner's, this is the protection at work.",
      },
      sum([], counted(own('labelsFolded'))),
      suspicious,
    ),
    figure(
      {
        ...about,
        id: 6,
        title: 'Are traces held back?',
        means: 'Traces of refused operations beyond 60 a minute: counted in metrics, not exported as traces.',
        todo: 'Many are a scanner or a client in a loop: see the HTTP refusals on Clients.',
      },
      sum([], counted(own('tracesWithheld'))),
      suspicious,
    ),
  ],
};

const delivery: Row = {
  title: 'On its way',
  panels: [
    bars(
      {
        id: 10,
        title: 'Does the telemetry arrive?',
        means:
          'Batches that could not be exported, in each step. With a spool they wait and are sent again. This figure travels the same way: while nothing arrives at all, there is a gap, and the bars appear later.',
        todo: 'Is the collector up, and its address right? mcpspan says once on stderr what the error is.',
        empty: 'Every batch was exported in this period, or none arrived: see who reports, below',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['server', 'instance'], counted(own('exportFailures'), STEP)), legend: INSTANCE }],
    ),
    bars(
      {
        id: 11,
        title: 'When was something missed?',
        means:
          'The losses of the figures above, over time: copies not read, items lost for good, traces held back, names folded.',
        todo: 'Compare with the load at that moment on Overview: peaks there are the cause.',
        empty: 'Nothing was missed in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        { expr: sum([], counted(own('copiesDropped'), STEP)), legend: 'copies not read' },
        { expr: sum(['signal'], counted(own('itemsLost'), STEP)), legend: `{{${labels('signal')}}} lost` },
        { expr: sum([], counted(own('tracesWithheld'), STEP)), legend: 'traces held back' },
        { expr: sum([], counted(own('labelsFolded'), STEP)), legend: 'names folded' },
      ],
    ),
    lines(
      {
        id: 12,
        title: 'How many items wait?',
        means: 'Spans and log records in the spool, by kind.',
        todo: 'A rise is an outage behind mcpspan; the fall after it is the spool being sent, slowly and on purpose.',
        empty: 'No mcpspan with a spool reports here',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['signal'], own('spoolItems')), legend: `{{${labels('signal')}}}` }],
    ),
    lines(
      {
        id: 13,
        title: 'How large is the spool?',
        means:
          'Size of what waits, by instance. At `--spool-max-mb` (256 by default) the oldest is dropped and counted as lost.',
        todo: 'Close to the limit: bring the collector back, or raise the limit while there is disk.',
        empty: 'No mcpspan with a spool reports here',
        size: [8, 8],
        unit: 'bytes',
      },
      [{ expr: sum(['server', 'instance'], own('spoolBytes')), legend: INSTANCE }],
    ),
    lines(
      {
        id: 14,
        title: 'What does mcpspan cost a request?',
        means: 'Median and 99th percentile of the time from a request being complete here until it was sent on.',
        todo: 'Under a millisecond is normal. If the 99th rises, the machine is short of CPU: add `--threads`.',
        empty: 'No requests in this period',
        size: [8, 8],
        unit: 's',
      },
      [0.5, 0.99].map((at) => ({
        expr: quantile(at, [], rate(own('relayDelay', {}, '_bucket'))),
        legend: at === 0.5 ? 'median' : 'p99',
      })),
    ),
    bars(
      {
        id: 24,
        title: 'What became of collected spans?',
        means:
          'Spans that `mcpspan collect` received: operations of MCP, other spans, further spans of the same operation, and those for which there was no room.',
        todo: 'No operations: see whether the filter of the Collector lets spans of MCP through. No room: give it fewer senders.',
        empty: 'No mcpspan collects spans here',
        size: [24, 7],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['collected'], counted(own('collectedSpans'), STEP)), legend: `{{${labels('collected')}}}` }],
    ),
  ],
};

const seen: Row = {
  title: 'Who reports, and what was odd',
  panels: [
    table(
      {
        id: 20,
        title: 'Does every mcpspan report?',
        means:
          'Each instance that was heard of in the period, with the time since. A restarted one is a new instance: the old one stays silent.',
        todo: 'If an instance should be there and is silent: is it running, and is its collector? Without it every figure here is too low.',
        empty: SILENT,
        size: [12, 8],
      },
      [SERVER, { label: 'instance', header: 'Instance' }],
      [
        {
          header: 'Silent for',
          expr: silence,
          unit: 's',
          decimals: 0,
          thresholds: steps(COLOR.none, [180, COLOR.warning]),
          more: { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } },
        },
      ],
      'Silent for',
    ),
    bars(
      {
        id: 21,
        title: 'What was odd in the traffic?',
        means:
          'Traffic that does not follow the protocol, and gaps in what was seen of it, by kind. It was passed on unchanged.',
        todo: "`unmatched-response`, `reused-id`, `not-json` are the client's or server's mistakes: their traces show whose. `too-large` was not read to the end: raise `--max-message-bytes`.",
        empty: 'Nothing odd in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['anomaly'], counted(own('anomalies'), STEP)), legend: `{{${labels('anomaly')}}}` }],
    ),
    bars(
      {
        id: 22,
        title: 'What else than MCP was asked for?',
        means:
          'HTTP requests that were answered and are not MCP, by what they were about and status: sign-in (`oauth`, `oauth-metadata`), pages, others, and requests that mcpspan answered itself (`refused`).',
        todo: '404 of `oauth-metadata` before a 401 is a client that looks for a way to sign in. Many `other` with 404: a scanner. `refused` with 502 or 504: the upstream cannot be reached; with 403: see `--allow-host` and `--allow-origin`.',
        empty: 'Nothing but MCP in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['httpClass', 'httpStatusCode'], counted(own('httpExchanges', { httpClass: '!="mcp"' }), STEP)),
          legend: `{{${labels('httpClass')}}} {{${labels('httpStatusCode')}}}`,
        },
      ],
    ),
    bars(
      {
        id: 23,
        title: 'What do servers report of themselves?',
        means:
          'Spans that servers sent with answers (`_meta.otel`): those that are exported beneath their operation, and those that are not, by reason. They count nowhere else.',
        todo: '`other-trace`: the server did not take the `traceparent` that it got. `out-of-time`: its clock is wrong by minutes. `too-many`, `too-large`: it sends more than mcpspan takes (docs/telemetry.md).',
        empty: 'No server sent spans in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        { expr: sum([], counted(own('serverSpans'), STEP)), legend: 'exported' },
        { expr: sum(['reason'], counted(own('serverSpansDropped'), STEP)), legend: `{{${labels('reason')}}}` },
      ],
    ),
  ],
};

export const trust = (): Dashboard =>
  dashboard({
    uid: 'mcpspan-trust',
    description: 'Did everything that happened reach these dashboards?',
    variables: ['datasource', 'server', 'instance'],
    rows: [figures, delivery, seen, collector],
  });
