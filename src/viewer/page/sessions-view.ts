import { countColumn } from '../../reading/column.ts';
import { count, counted, duration, NONE } from '../../reading/figures.ts';
import { lengthOf, stateOf } from '../../reading/session-words.ts';
import { nameText } from '../../reading/names.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { Sessions } from '../api.ts';
import { linkColumn, serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { openSession } from './open-session.ts';
import { code, kindTitle, nameElement, nothing, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';

const SHORT_ID_CHARS = 12;

export function sessionsView({ sessions, total, at }: Sessions, context: Context): Children {
  const { route, timeline, order } = context;
  const asked = timeline?.ok === true && route.session !== undefined ? timeline.answer : undefined;
  const openRow = asked?.session?.row ?? sessions.find((session) => isOpen(session, route))?.row;
  const gone = asked !== undefined && asked.session === undefined;
  const { rows, newer } = held(withAsked(sessions, asked?.session), order, openRow);
  if (rows.length === 0 && !gone) {
    return [
      nothing('No session in this period.', 'Choose a longer period, or fewer filters, above.', [
        'Sessions come from clients that connect to mcpspan: ',
        code('mcpspan --upstream http://localhost:3000/mcp'),
      ]),
    ];
  }
  return [
    gone &&
      h(
        'p',
        { key: 'gone', class: 'notice', role: 'status' },
        'This session is no longer in the store: the oldest are deleted first.',
      ),
    h(
      'p',
      { key: 'count', class: 'muted', role: 'status' },
      total > sessions.length
        ? `The latest ${count(sessions.length)} of ${count(total)}; columns sort these.`
        : numbers(rows),
      newer > 0 && ` ${counted(newer, 'newer one')} ${newer === 1 ? 'appears' : 'appear'} once you close this session.`,
    ),
    rows.length > 0 &&
      grid<StoredSession>({
        key: 'sessions',
        caption: 'Sessions, the last active first',
        rows,
        keyOf: ({ row }) => String(row),
        sorting: context.sorting.get('sessions'),
        onSort: (sorting) => context.sort('sessions', sorting),
        columns: columnsOf(rows, at, openRow, context),
        below: (session) => (session.row === openRow ? openSession(session, rows, at, context) : undefined),
      }),
  ];
}

/** Requests without a session id form no session. */
function numbers(rows: readonly StoredSession[]): string {
  const sessions = rows.filter(({ real }) => real).length;
  const others = rows.length - sessions;
  return `${counted(sessions, 'session')}${others === 0 ? '' : `, and ${count(others)} without a session id`}`;
}

/** An address names a session by its trace; people may put its own id there. */
const isOpen = ({ id, traceId }: StoredSession, { session }: Context['route']): boolean =>
  session === traceId || session === id;

/** The session in the address may be older than all that are listed. */
const withAsked = (sessions: readonly StoredSession[], asked: StoredSession | undefined): readonly StoredSession[] =>
  asked === undefined || sessions.some(({ row }) => row === asked.row) ? sessions : [asked, ...sessions];

/** While a session is open, the others stay where they are; the open one is always among them. */
function held(
  sessions: readonly StoredSession[],
  order: Context['order'],
  open: number | undefined,
): { rows: readonly StoredSession[]; newer: number } {
  if (order === undefined) return { rows: sessions, newer: 0 };
  const positions = new Map(order.map((row, index) => [row, index]));
  const rows = sessions
    .filter(({ row }) => positions.has(row) || row === open)
    .toSorted((a, b) => (positions.get(a.row) ?? -1) - (positions.get(b.row) ?? -1));
  return { rows, newer: sessions.length - rows.length };
}

function columnsOf(
  rows: readonly StoredSession[],
  at: number,
  openRow: number | undefined,
  context: Context,
): GridColumn<StoredSession>[] {
  const { route } = context;
  const callsOf = ({ traceId }: StoredSession, narrower: Partial<Route>): Route =>
    elsewhere(route, 'calls', { session: traceId, ...narrower });
  return [
    {
      id: 'client',
      title: 'Client',
      cell: (session) => {
        const open = session.row === openRow;
        const toggle = (): void =>
          context.go({ ...route, session: open ? undefined : session.traceId, beside: undefined });
        return h(
          'button',
          {
            type: 'button',
            id: `session-${session.traceId}`,
            class: 'plain opener',
            'aria-expanded': open ? 'true' : 'false',
            on: { click: toggle },
          },
          h('span', { 'aria-hidden': 'true', class: 'arrow' }, open ? '▾' : '▸'),
          nameElement(session.client),
          h('span', { class: 'unseen' }, `, ${kindTitle(session)} ${session.id.slice(0, SHORT_ID_CHARS)}`),
        );
      },
      sort: ({ client }) => nameText(client),
      tone: () => 'main',
    },
    {
      id: 'kind',
      title: 'Kind',
      hint: 'Requests without a session id are grouped by conversation, user or machine.',
      cell: (session) => h('span', { class: session.real ? '' : 'muted' }, kindTitle(session)),
      sort: kindTitle,
      tone: () => 'narrow',
    },
    ...serverColumn(rows),
    { id: 'opened', title: 'Began', cell: ({ openedAt }) => when(openedAt, at), sort: ({ openedAt }) => openedAt },
    { id: 'length', title: 'Length', number: true, cell: (session) => duration(lengthOf(session)), sort: lengthOf },
    {
      id: 'state',
      title: 'State',
      cell: (session) => [
        h('span', { class: stateOf(session, at) === 'active' ? 'dot good' : 'dot', 'aria-hidden': 'true' }),
        stateTitle(session, at),
      ],
      sort: ({ endReason, lastAt }) => endReason ?? at - lastAt,
      tone: () => 'narrow',
    },
    linkColumn(
      countColumn<StoredSession>('operations', 'operations', ({ operations }) => operations),
      at,
      (session) => callsOf(session, {}),
    ),
    linkColumn(
      countColumn<StoredSession>('calls', 'calls', ({ toolCalls }) => toolCalls),
      at,
      (session) => callsOf(session, { method: 'tools/call' }),
    ),
    linkColumn(
      countColumn<StoredSession>('failed', 'failed', ({ failed }) => failed),
      at,
      (session) => callsOf(session, { status: 'failed' }),
      { tone: ({ failed }) => (failed > 0 ? 'red' : undefined) },
    ),
    linkColumn(
      countColumn<StoredSession>('rejected', 'rejected', ({ rejected }) => rejected),
      at,
      (session) => callsOf(session, { status: 'rejected' }),
      { tone: ({ rejected }) => (rejected > 0 ? 'orange' : undefined) },
    ),
    {
      id: 'protocol',
      title: 'Protocol',
      cell: ({ protocolVersion }) => protocolVersion ?? NONE,
      sort: ({ protocolVersion }) => protocolVersion,
    },
    { id: 'id', title: 'Id', cell: ({ id }) => h('code', { title: id }, id.slice(0, SHORT_ID_CHARS)) },
  ];
}

const ENDINGS: Readonly<Record<string, string>> = {
  deleted: 'ended: deleted by its client',
  expired: 'ended: unknown to the server',
  idle: 'ended: long silent',
  'process-exit': 'ended: process exit',
  evicted: 'ended: too many',
  shutdown: 'ended: mcpspan stopped',
};

const stateTitle = (session: StoredSession, at: number): string =>
  session.endReason === undefined ? stateOf(session, at) : (ENDINGS[session.endReason] ?? session.endReason);
