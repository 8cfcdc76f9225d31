import { count, counted, duration } from '../../reading/figures.ts';
import { kindOf, lengthOf, stateOf } from '../../reading/session-words.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { Sessions } from '../answers.ts';
import { countColumn, serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { code, nothing, traceLink, when } from './parts.ts';
import { waterfall } from './waterfall.ts';

const SHORT_ID = 12;

export function sessionsView({ sessions, total, at }: Sessions, context: Context): Children {
  const { route, timeline } = context;
  // One that was asked for by its address may be older than all that are listed.
  const asked = timeline?.ok === true ? timeline.answer.session : undefined;
  const rows =
    asked === undefined || asked.row !== route.row || sessions.some(({ row }) => row === asked.row)
      ? sessions
      : [asked, ...sessions];
  if (rows.length === 0) {
    return nothing('No session in this time.', 'Choose a longer period, or fewer filters, above.', [
      'Sessions come from clients that connect to mcpspan: ',
      code('mcpspan --upstream http://localhost:3000/mcp'),
    ]);
  }
  return [
    h(
      'p',
      { key: 'count', class: 'muted', role: 'status' },
      total > sessions.length
        ? `the latest ${count(sessions.length)} of ${count(total)}`
        : counted(total, 'session or activity', 'sessions and activities'),
    ),
    grid<StoredSession>({
      key: 'sessions',
      caption: 'Sessions, those heard of last first',
      rows,
      keyOf: ({ row }) => String(row),
      sorting: context.sorting.get('sessions'),
      onSort: (sorting) => context.sort('sessions', sorting),
      columns: columnsOf(rows, at, context),
      below: (session) => (session.row === route.row ? openSession(session, context) : undefined),
    }),
  ];
}

function columnsOf(rows: readonly StoredSession[], at: number, context: Context): GridColumn<StoredSession>[] {
  const { route } = context;
  return [
    {
      id: 'client',
      title: 'Client',
      cell: (session) => {
        const open = session.row === route.row;
        const toggle = (): void => context.go({ ...route, row: open ? undefined : session.row });
        return h(
          'button',
          { type: 'button', class: 'plain opener', 'aria-expanded': open ? 'true' : 'false', on: { click: toggle } },
          h('span', { 'aria-hidden': 'true', class: 'arrow' }, open ? '▾' : '▸'),
          session.client,
          h('span', { class: 'unseen' }, `, ${kindOf(session)} ${session.id.slice(0, SHORT_ID)}`),
        );
      },
      sort: ({ client }) => client,
      tone: () => 'main',
    },
    {
      id: 'kind',
      title: 'Kind',
      hint: 'Activity is grouped by something else than a session id: it is no session.',
      cell: (session) => h('span', { class: session.real ? '' : 'muted' }, kindOf(session)),
      sort: kindOf,
    },
    ...serverColumn(rows, true),
    { id: 'opened', title: 'Began', cell: ({ openedAt }) => when(openedAt, at), sort: ({ openedAt }) => openedAt },
    { id: 'length', title: 'Length', number: true, cell: (session) => duration(lengthOf(session)), sort: lengthOf },
    {
      id: 'state',
      title: 'State',
      cell: (session) => [
        h('span', { class: stateOf(session, at) === 'active' ? 'dot good' : 'dot', 'aria-hidden': 'true' }),
        stateOf(session, at),
      ],
      sort: (session) => stateOf(session, at),
    },
    countColumn('operations', 'Operations', ({ operations }) => operations, { wide: true }),
    countColumn('calls', 'Calls', ({ toolCalls }) => toolCalls),
    countColumn('errors', 'Errors', ({ errors }) => errors, { tone: ({ errors }) => (errors > 0 ? 'red' : undefined) }),
    {
      id: 'protocol',
      title: 'Protocol',
      wide: true,
      cell: ({ protocolVersion }) => protocolVersion ?? '–',
      sort: ({ protocolVersion }) => protocolVersion,
    },
    { id: 'id', title: 'Id', wide: true, cell: ({ id }) => h('code', { title: id }, id.slice(0, SHORT_ID)) },
  ];
}

function openSession(session: StoredSession, context: Context): VirtualElement {
  const { timeline, about } = context;
  const who = [session.clientName, session.clientVersion].filter((part) => part !== undefined).join(' ');
  const server = [session.serverName, session.serverVersion].filter((part) => part !== undefined).join(' ');
  const facts: [string, Children][] = [
    ['id', code(session.id)],
    ...(who === '' ? [] : [['client says', who] as [string, Children]]),
    ...(server === '' ? [] : [['server says', server] as [string, Children]]),
    ['protocol', session.protocolVersion ?? 'not told'],
    ['opened by', session.opened],
    ...(session.conversation === undefined ? [] : [['conversation', code(session.conversation)] as [string, Children]]),
    ['handshakes', count(session.handshakes)],
    ['trace', [code(session.traceId), ' ', about?.traceLink !== undefined && traceLink(context, session.traceId)]],
  ];
  return h(
    'div',
    { class: 'session' },
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
    timelineOf(session, timeline, context),
  );
}

function timelineOf(session: StoredSession, timeline: Context['timeline'], context: Context): Children {
  if (timeline === undefined || (timeline.ok && timeline.answer.session?.row !== session.row))
    return h('p', { class: 'muted', role: 'status' }, 'Reading …');
  if (!timeline.ok) return h('p', { class: 'red' }, timeline.trouble);
  const { operations } = timeline.answer;
  if (operations.length === 0) return nothing('Its operations are no longer in the store: the oldest go first.');
  const more = session.operations - operations.length;
  return [
    waterfall(operations, session.openedAt, context),
    more > 0 &&
      h('button', { type: 'button', on: { click: () => context.showMore() } }, `Show more (${count(more)} are left)`),
  ];
}
