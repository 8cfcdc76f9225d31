import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { count, duration, percent, ratio } from '../../reading/figures.ts';
import { nameText } from '../../reading/names.ts';
import { knowsPeople } from '../../reading/people-words.ts';
import type { ClientChange } from '../../store/client-figures.ts';
import type { Clients, DescribedClient } from '../api.ts';
import { chart } from './chart.ts';
import {
  callsOfClient,
  failedColumn,
  handshakeCell,
  handshakesOfClient,
  gridColumn,
  linkColumn,
  rejectedColumn,
  serverColumn,
  slowestFirst,
} from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid } from './grid.ts';
import { lanesSection } from './lanes-view.ts';
import { code, factList, link, nameElement, nothing, verdictBadge, when } from './parts.ts';
import { readySection } from './ready-section.ts';
import { ratioOverTime } from './over-time.ts';
import { elsewhere, type Route } from './route.ts';

const CHART_HEIGHT_PX = 96;

export function clientsView(answer: Clients, context: Context): Children {
  const { clients, changes } = answer;
  if (clients.length === 0) {
    return nothing('No client was seen in this period.', [
      'Point one at mcpspan: ',
      code('mcpspan --upstream http://localhost:3000/mcp'),
      ', or watch ',
      code('mcpspan demo'),
    ]);
  }
  return [
    lanesSection(answer.lanes, answer.at, context),
    h('h2', { key: 'side title' }, 'Side by side'),
    sideBySide(clients, answer.at, context),
    h('h2', { key: 'each title' }, 'One by one'),
    h(
      'div',
      { key: 'each', class: 'cards' },
      clients.map((client) => clientCard(client, answer, context)),
    ),
    ...readySection(answer.ready),
    h('h2', { key: 'changes title' }, 'What changed'),
    changes.length === 0
      ? nothing('No client changed its behaviour, its version or its protocol.')
      : h(
          'ul',
          { key: 'changes', class: 'list' },
          changes.map((change) => changeLine(change, answer.at)),
        ),
  ];
}

function sideBySide(clients: readonly DescribedClient[], at: number, context: Context): VirtualElement {
  const shared = CLIENT_COLUMNS;
  const { route } = context;
  return grid<DescribedClient>({
    key: 'clients',
    caption: 'Clients side by side',
    rows: clients,
    keyOf: ({ server, client }) => `${server} ${client}`,
    sorting: context.sorting.get('clients'),
    onSort: (sorting) => context.sort('clients', sorting),
    columns: [
      gridColumn(shared.client, at, {
        cell: ({ server, client }) =>
          link(elsewhere(context.route, 'sessions', { server, client }), nameElement(client)),
        sort: ({ client }) => nameText(client),
        tone: () => 'main',
      }),
      ...serverColumn(clients),
      gridColumn(shared.verdict, at, { cell: verdictBadge }),
      linkColumn(shared.sessions, at, ({ server, client }) => elsewhere(route, 'sessions', { server, client })),
      ...(knowsPeople(clients) ? [gridColumn(shared.people, at)] : []),
      gridColumn(shared.emptyShare, at),
      gridColumn(shared.callsPerSession, at),
      gridColumn(shared.handshakesPerCall, at, {
        ...handshakeCell(at, route),
        tone: ({ verdict }) => (verdict === 'per-call' ? 'red' : undefined),
      }),
      gridColumn(shared.listsPerCall, at),
      gridColumn(shared.sessionless, at),
      failedColumn(shared.failed, at, (client) => callsOfClient(client, route, { status: 'failed' })),
      rejectedColumn(shared.rejected, at, (client) => callsOfClient(client, route, { status: 'rejected' })),
      linkColumn(shared.p95, at, (client) => slowestFirst(callsOfClient(client, route))),
    ],
  });
}

function clientCard(client: DescribedClient, answer: Clients, { route }: Context): VirtualElement {
  const { times, values } = ratioOverTime(client.intervals, answer);
  const rejected = Object.entries(client.rejections).map(([status, number]) => `${count(number)} × HTTP ${status}`);
  const sessions = elsewhere(route, 'sessions', { server: client.server, client: client.client });
  const facts: [string, Children][] = [
    ['tool calls', figure(client.toolCalls, callsOfClient(client, route), count(client.toolCalls))],
    [
      'sessions',
      [
        figure(client.sessions, sessions, count(client.sessions)),
        client.emptySessions > 0 && ` (${count(client.emptySessions)} empty)`,
      ],
    ],
    ...(client.activities === 0 ? [] : [['without session id', count(client.activities)] as [string, Children]]),
    [
      'handshakes per call',
      figure(client.handshakes, handshakesOfClient(client, route), ratio(client.handshakes, client.toolCalls)),
    ],
    ['lists per call', listsOf(client)],
    ['sessionless calls', percent(client.sessionlessShare)],
    [
      'p50, p95',
      [
        duration(client.p50Seconds),
        ', ',
        figure(client.toolCalls, slowestFirst(callsOfClient(client, route)), duration(client.p95Seconds)),
      ],
    ],
    ['tokens answered', CLIENT_COLUMNS.answerTokens.text(client, answer.at)],
    ['version', client.version ?? 'unknown'],
    ['protocol', client.protocol ?? 'unknown'],
    ['seen', [when(client.firstAt, answer.at), ' – ', when(client.lastAt, answer.at)]],
    ...(rejected.length === 0
      ? []
      : // Most of them are requests of no call: there is no list of them.
        [['refused', rejected.join(', ')] as [string, Children]]),
  ];
  return h(
    'article',
    { class: 'card', key: `${client.server} ${client.client}` },
    h('h3', {}, link(sessions, nameElement(client.client)), ' ', verdictBadge(client)),
    h('p', { class: 'muted' }, client.server),
    h('p', {}, `${client.sentence}.`),
    client.avoidableHandshakes > 0 && h('p', { class: 'about' }, `${client.cost}.`),
    h('p', { class: 'about' }, 'Handshakes per call, over time'),
    chart(`${client.server} ${client.client} chart`, `Handshakes per call of ${client.client} over time`, {
      times,
      series: [{ label: 'handshakes per call', values, colour: '--orange' }],
      format: (value) => value.toFixed(2),
      height: CHART_HEIGHT_PX,
    }),
    factList(facts),
  );
}

/** A figure, as a link to what it counts; nothing is no link. */
const figure = (number: number, to: Route, text: string): Children => (number === 0 ? text : link(to, text));

const listsOf = ({ discoveries, avoidableDiscoveries, toolCalls }: DescribedClient): string =>
  discoveries === 0
    ? 'none'
    : `${ratio(discoveries, toolCalls)}${avoidableDiscoveries === 0 ? '' : ` (${count(avoidableDiscoveries)} found nothing new)`}`;

function changeLine({ at, client, server, what, before, after }: ClientChange, now: number): VirtualElement {
  return h(
    'li',
    { key: `${at} ${server} ${client} ${what}` },
    h('span', { class: 'muted' }, when(at, now)),
    h('strong', {}, client),
    h(
      'span',
      {},
      what === 'verdict' ? 'uses sessions differently: ' : `changed its ${what}: `,
      h('s', {}, before),
      ' → ',
      h('strong', {}, after),
    ),
    h('span', { class: 'end muted' }, server),
  );
}
