import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { count, counted, duration, NONE, percent, ratio } from '../../reading/figures.ts';
import { nameText } from '../../reading/names.ts';
import { LIVE_SECONDS } from '../../reading/session-words.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { Now, DescribedClient } from '../api.ts';
import { chart, type ChartData } from './chart.ts';
import {
  callsOfClient,
  handshakeCell,
  failedColumn,
  gridColumn,
  linkColumn,
  rejectedColumn,
  serverColumn,
  slowestFirst,
} from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { findingsList } from './findings-list.ts';
import { grid } from './grid.ts';
import { latestList } from './latest-list.ts';
import { lanesSection } from './lanes-view.ts';
import { nobodyView, refusalList } from './nobody-view.ts';
import { ago, code, kindTitle, link, nameElement, nothing, sparkline, verdictBadge, when } from './parts.ts';
import { chosenPeriod } from './period.ts';
import { overTime, ratioOverTime } from './over-time.ts';
import { elsewhere, type Route } from './route.ts';

const CHART_HEIGHT_PX = 118;
const MAX_LIVE = 15;
/** Figures count what clients asked for, and not what servers ask of clients. */
const ASKED: Partial<Route> = { direction: 'to-server' };
/** The sessions that are called live, whatever the period. */
const LIVE: Partial<Route> = { status: 'open', seconds: LIVE_SECONDS };
const perSecond = (number: number): string =>
  number >= 9.95 || number === 0 ? number.toFixed(0) : number.toFixed(number < 1 ? 2 : 1);

export function nowView(answer: Now, context: Context): Children {
  const { all, clients, live } = answer;
  if (all.operations === 0 && live.length === 0 && context.live.operations.length === 0) return empty(answer, context);
  return [
    lanesSection(answer.lanes, answer.at, context),
    h('section', { class: 'cards', 'aria-label': 'Traffic', key: 'cards' }, cards(answer, context)),
    refusalList(answer.refusals),
    findingsList(answer, context),
    h('h2', { key: 'clients title' }, 'Clients'),
    clientTable(clients, answer, context),
    h(
      'div',
      { class: 'columns', key: 'columns' },
      h('section', {}, h('h2', {}, 'Open now'), liveSessions(answer, context)),
      h('section', {}, h('h2', {}, 'Latest operations'), latestList(answer, context)),
    ),
  ];
}

function empty({ refusals }: Now, context: Context): VirtualElement {
  const { about, route } = context;
  const { store, running = [] } = about ?? {};
  const old = store?.lastAt;
  if (old === undefined && running.length > 0) return nobodyView(running, refusals, context);
  return h(
    'div',
    { key: 'empty' },
    nothing(
      'Nothing happened in this period.',
      old === undefined
        ? ['Point a client at mcpspan instead of your server: ', code('mcpspan --upstream http://localhost:3000/mcp')]
        : ['The latest call was at ', when(old, about?.at ?? 0), ': choose a longer period above.'],
      old === undefined && ['No client at hand? ', code('mcpspan demo'), ' plays some clients.'],
      route.server !== undefined && 'Only one server is selected: choose all servers above.',
    ),
  );
}

function cards(answer: Now, context: Context): VirtualElement[] {
  const { route } = context;
  const { all, intervals, lastMinute, open, active, activities } = answer;
  const ofTool = route.tool !== undefined;
  const onChosen = (from: number, to: number): void => context.go(chosenPeriod(route, from, to));
  const to = (view: 'calls' | 'sessions', narrower: Partial<Route>): Route =>
    elsewhere(route, view, { client: route.client, tool: route.tool, ...narrower });
  /** A number, as a link to what it counts. */
  const figure = (number: number, view: 'calls' | 'sessions', narrower: Partial<Route>, one?: string): Children => {
    const text = one === undefined ? count(number) : counted(number, one);
    return number === 0 ? text : link(to(view, narrower), text);
  };
  const series = (
    value: (interval: Now['intervals'][number], seconds: number) => number | null,
    otherwise: number | null,
    label: string,
    colour: string,
  ): Pick<ChartData, 'times' | 'series'> => {
    const { times, values } = overTime(intervals, answer, value, otherwise);
    return { times, series: [{ label, values, colour }] };
  };
  const latency = overTime(intervals, answer, (interval) => interval.p95Seconds ?? null, null);
  const median = overTime(intervals, answer, (interval) => interval.p50Seconds ?? null, null);
  const failed = overTime(intervals, answer, (interval) => interval.failed / interval.operations, null);
  const rejected = overTime(intervals, answer, (interval) => interval.rejected / interval.operations, null);
  const handshakes = ratioOverTime(intervals, answer);
  return [
    card(
      'Tool calls',
      `${perSecond(lastMinute.toolCalls / 60)}/s`,
      [
        answer.to < answer.at ? 'in its last minute; ' : 'in the last minute; ',
        figure(all.toolCalls, 'calls', { method: 'tools/call' }, 'call'),
        ' in all. ',
        figure(open, 'sessions', LIVE, 'session'),
        ` open, ${count(active)} active`,
        activities > 0 && `; ${count(activities)} without session id`,
      ],
      {
        ...series((interval, seconds) => interval.toolCalls / seconds, 0, 'calls/s', '--blue'),
        format: perSecond,
        height: CHART_HEIGHT_PX,
        onChosen,
      },
    ),
    card(
      'Failed operations',
      percent(all.operations === 0 ? undefined : all.failed / all.operations),
      [
        figure(all.failed, 'calls', { ...ASKED, status: 'failed' }),
        ' of ',
        figure(all.operations, 'calls', ASKED, 'operation'),
        '; ',
        figure(all.rejected, 'calls', { ...ASKED, status: 'rejected' }),
        ' more rejected for a fault of the client',
      ],
      {
        times: failed.times,
        series: [
          { label: 'failed', values: failed.values, colour: '--red' },
          { label: 'rejected', values: rejected.values, colour: '--orange' },
        ],
        format: (value) => percent(value),
        height: CHART_HEIGHT_PX,
        onChosen,
      },
    ),
    card(
      'Latency of tool calls, p95',
      duration(all.p95Seconds),
      [
        '95 of 100 calls are faster (',
        link(slowestFirst(to('calls', { method: 'tools/call' })), 'the slowest'),
        `); the median is ${duration(all.p50Seconds)}`,
      ],
      {
        times: latency.times,
        series: [
          { label: 'p95', values: latency.values, colour: '--violet' },
          { label: 'p50', values: median.values, colour: '--blue' },
        ],
        format: (value) => duration(value),
        logarithmic: true,
        height: CHART_HEIGHT_PX,
        onChosen,
      },
    ),
    card(
      'Handshakes per tool call',
      ofTool ? NONE : ratio(all.handshakes, all.toolCalls),
      ofTool
        ? 'handshakes belong to no tool: choose all tools to see them'
        : [
            figure(all.handshakes, 'calls', { status: 'handshake' }, 'handshake'),
            '; 1.00 means a session for every call',
          ],
      {
        times: handshakes.times,
        series: [{ label: 'handshakes per call', values: ofTool ? [] : handshakes.values, colour: '--orange' }],
        format: (value) => value.toFixed(2),
        height: CHART_HEIGHT_PX,
        onChosen,
      },
    ),
  ];
}

const card = (title: string, value: string, about: Children, data: ChartData): VirtualElement =>
  h(
    'article',
    { class: 'card', key: title },
    h('h2', {}, title),
    h('p', { class: 'value' }, value),
    h('p', { class: 'about' }, about),
    chart(`${title} chart`, `${title} over time, now ${value}`, data),
  );

function clientTable(clients: readonly DescribedClient[], answer: Now, context: Context): VirtualElement {
  const { route } = context;
  const { at } = answer;
  const shared = CLIENT_COLUMNS;
  return grid<DescribedClient>({
    key: 'now clients',
    caption: 'Clients, and how they use sessions',
    rows: clients,
    keyOf: ({ server, client }) => `${server} ${client}`,
    sorting: context.sorting.get('now clients'),
    onSort: (sorting) => context.sort('now clients', sorting),
    columns: [
      gridColumn(shared.client, at, {
        cell: ({ server, client, meaning }) => [
          link(elsewhere(route, 'sessions', { server, client }), nameElement(client)),
          h('span', { class: 'sentence' }, meaning),
        ],
        sort: ({ client }) => nameText(client),
        tone: () => 'main',
      }),
      ...serverColumn(clients),
      gridColumn(shared.verdict, at, { cell: verdictBadge }),
      gridColumn(shared.handshakesPerCall, at, {
        // Handshakes belong to no tool.
        ...(route.tool === undefined ? handshakeCell(at, route) : { cell: () => NONE }),
        tone: ({ verdict }) => (verdict === 'per-call' && route.tool === undefined ? 'red' : undefined),
      }),
      linkColumn(shared.toolCalls, at, (client) => callsOfClient(client, route)),
      failedColumn(shared.failed, at, (client) => callsOfClient(client, route, { status: 'failed' })),
      rejectedColumn(shared.rejected, at, (client) => callsOfClient(client, route, { status: 'rejected' })),
      linkColumn(shared.p95, at, (client) => slowestFirst(callsOfClient(client, route))),
      {
        id: 'trend',
        title: 'Calls over time',
        cell: ({ client, intervals }) =>
          sparkline(
            overTime(intervals, answer, ({ toolCalls }) => toolCalls, 0).values,
            `Calls of ${client} over time`,
          ),
      },
    ],
  });
}

function liveSessions({ live, at, open, activities }: Now, { route }: Context): VirtualElement {
  if (live.length === 0) return nothing('Nothing is open right now.');
  const number = open + activities;
  const all = elsewhere(route, 'sessions', { client: route.client, tool: route.tool, ...LIVE });
  return h(
    'ul',
    { class: 'list' },
    live
      .slice(0, MAX_LIVE)
      .map((session: StoredSession) =>
        h(
          'li',
          { key: session.row },
          h('span', { class: at - session.lastAt < 60_000 ? 'dot good' : 'dot', 'aria-hidden': 'true' }),
          link(elsewhere(route, 'sessions', { session: session.traceId }), nameElement(session.client)),
          h('span', { class: 'muted' }, `${kindTitle(session)}, ${counted(session.toolCalls, 'call')}`),
          h('span', { class: 'end muted' }, ago(session.lastAt, at)),
        ),
      ),
    number > MAX_LIVE && h('li', { key: 'all' }, link(all, `all ${count(number)}`)),
  );
}
