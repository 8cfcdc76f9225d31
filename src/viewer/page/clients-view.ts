import { count, duration, percent, ratio } from '../../reading/figures.ts';
import type { ClientChange } from '../../store/client-figures.ts';
import type { Clients, ToldClient } from '../answers.ts';
import { chart } from './chart.ts';
import { countColumn, errorColumn, serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { code, link, nameShown, nameText, nothing, verdictBadge, when } from './parts.ts';
import { ratioOverTime } from './over-time.ts';
import { elsewhere } from './route.ts';

const CHART_HEIGHT_PX = 96;
const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

export function clientsView(answer: Clients, context: Context): Children {
  const { clients, changes } = answer;
  if (clients.length === 0) {
    return nothing('No client was seen in this time.', [
      'Point one at mcpspan: ',
      code('mcpspan --upstream http://localhost:3000/mcp'),
      ', or watch ',
      code('mcpspan demo'),
    ]);
  }
  return [
    h('h2', { key: 'side title' }, 'Side by side'),
    sideBySide(clients, context),
    h('h2', { key: 'each title' }, 'One by one'),
    h(
      'div',
      { key: 'each', class: 'cards' },
      clients.map((client) => clientCard(client, answer, context)),
    ),
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

function sideBySide(clients: readonly ToldClient[], context: Context): VirtualElement {
  const figure = (
    id: string,
    title: string,
    of: (client: ToldClient) => number | undefined,
    as: (value: number | undefined) => string,
    more: Partial<GridColumn<ToldClient>> = {},
  ): GridColumn<ToldClient> => ({
    id,
    title,
    number: true,
    cell: (client) => as(of(client)),
    sort: of,
    ...more,
  });
  const two = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));
  return grid<ToldClient>({
    key: 'clients',
    caption: 'Clients side by side',
    rows: clients,
    keyOf: ({ server, client }) => `${server} ${client}`,
    sorting: context.sorting.get('clients'),
    onSort: (sorting) => context.sort('clients', sorting),
    columns: [
      {
        id: 'client',
        title: 'Client',
        cell: ({ server, client }) => link(elsewhere(context.route, 'sessions', { server, client }), nameShown(client)),
        sort: ({ client }) => nameText(client),
        tone: () => 'main',
      },
      ...serverColumn(clients),
      {
        id: 'verdict',
        title: 'How it uses sessions',
        hint: 'Over its last hour',
        cell: (client) => verdictBadge(client),
        sort: ({ verdict }) => verdict,
      },
      countColumn('sessions', 'Sessions', ({ sessions }) => sessions),
      figure('empty', 'Empty', ({ emptySessions, sessions }) => share(emptySessions, sessions), percent, {
        hint: 'Sessions without a tool call',
        wide: true,
      }),
      figure('each', 'Calls / session', ({ callsInSessions, sessions }) => share(callsInSessions, sessions), two),
      figure('ratio', 'Handshakes / call', ({ handshakes, toolCalls }) => share(handshakes, toolCalls), two, {
        tone: ({ verdict }) => (verdict === 'per-call' ? 'red' : undefined),
      }),
      figure('discovery', 'Lists / call', ({ discoveries, toolCalls }) => share(discoveries, toolCalls), two, {
        hint: 'tools/list and other list calls, by tool call',
      }),
      figure('sessionless', 'No session id', ({ sessionlessShare }) => sessionlessShare, percent, {
        hint: 'Of calls in protocols that have sessions',
      }),
      errorColumn(({ toolErrors: errors, toolCalls: calls }) => ({ errors, calls })),
      figure('p95', 'p95', ({ p95Seconds }) => p95Seconds, duration),
    ],
  });
}

function clientCard(client: ToldClient, answer: Clients, { route }: Context): VirtualElement {
  const { times, values } = ratioOverTime(client.intervals, answer);
  const rejected = Object.entries(client.rejections).map(([status, number]) => `${count(number)} × HTTP ${status}`);
  const facts: [string, Children][] = [
    ['tool calls', count(client.toolCalls)],
    [
      'sessions',
      client.emptySessions === 0
        ? count(client.sessions)
        : `${count(client.sessions)} (${count(client.emptySessions)} empty)`,
    ],
    ...(client.activities === 0 ? [] : [['groups without a session', count(client.activities)] as [string, Children]]),
    ['handshakes per call', ratio(client.handshakes, client.toolCalls)],
    ['lists per call', listsOf(client)],
    ['without session id', percent(client.sessionlessShare)],
    ['p50, p95', `${duration(client.p50Seconds)}, ${duration(client.p95Seconds)}`],
    ['version', client.version ?? 'not told'],
    ['protocol', client.protocol ?? 'not told'],
    ['seen', [when(client.firstAt, answer.at), ' – ', when(client.lastAt, answer.at)]],
    ...(rejected.length === 0 ? [] : [['refused', rejected.join(', ')] as [string, Children]]),
  ];
  return h(
    'article',
    { class: 'card', key: `${client.server} ${client.client}` },
    h(
      'h3',
      {},
      link(elsewhere(route, 'sessions', { server: client.server, client: client.client }), nameShown(client.client)),
      ' ',
      verdictBadge(client),
    ),
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
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
  );
}

const listsOf = ({ discoveries, avoidableDiscoveries, toolCalls }: ToldClient): string =>
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
      what === 'verdict' ? 'uses sessions otherwise: ' : `changed its ${what}: `,
      h('s', {}, before),
      ' → ',
      h('strong', {}, after),
    ),
    h('span', { class: 'end muted' }, server),
  );
}
