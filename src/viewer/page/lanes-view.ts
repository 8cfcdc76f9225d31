import { clockTime, count, counted, duration } from '../../reading/figures.ts';
import { NAMED_COLOURS } from '../../reading/lanes/colours.ts';
import type { LaneTarget } from '../../reading/lanes/frame.ts';
import { lanePicture } from '../../reading/lanes/picture.ts';
import type { PictureElement } from '../../reading/lanes/picture-element.ts';
import { axisInWords, LANES_TITLE, moreClientsInWords, moreInWords } from '../../reading/lanes/words.ts';
import type { Lane, LaneBox, LaneGroup, Lanes } from '../../reading/lanes/lanes.ts';
import { nameText } from '../../reading/names.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid } from './grid.ts';
import { code, kindTitle, link, when } from './parts.ts';
import { elsewhere, hashOf, type Route } from './route.ts';

/** Of the card around the picture. */
const PADDING_PX = 14;
const SHORT_ID_CHARS = 12;

/** How clients use sessions, at one glance: a row per conversation, a box per session, a mark per call. */
export function lanesSection(lanes: Lanes, at: number, context: Context): VirtualElement | undefined {
  if (lanes.groups.length === 0) return undefined;
  const { route } = context;
  const more = moreClientsInWords(lanes);
  return h(
    'section',
    { key: 'lanes', class: 'card lanes-card', 'aria-labelledby': 'lanes-title' },
    h(
      'div',
      { class: 'lanes-head' },
      h('h2', { id: 'lanes-title' }, LANES_TITLE),
      h('p', { class: 'muted' }, axisInWords(lanes, at)),
      more !== '' && route.view !== 'clients' && h('p', {}, link(elsewhere(route, 'clients'), more)),
      more !== '' && route.view === 'clients' && h('p', { class: 'muted' }, more),
    ),
    h(
      'div',
      { class: 'lanes-picture', on: { keydown: (event) => event instanceof KeyboardEvent && walk(event) } },
      elementOf(
        lanePicture(lanes, {
          width: Math.max(280, context.width - 2 * PADDING_PX),
          colours: NAMED_COLOURS,
          now: at,
          timeOf: (time) => clockTime(time, at),
          origin: new Date(at).getTimezoneOffset() * 60_000,
          hrefOf: (target) => hashOf(routeTo(target, route)),
          titles: true,
        }),
      ),
    ),
    asTable(lanes, at, context),
  );
}

function routeTo(target: LaneTarget, route: Route): Route {
  switch (target.kind) {
    case 'session':
      return elsewhere(route, 'sessions', { session: target.traceId });
    case 'conversation': {
      const { server, client, conversation } = target;
      return elsewhere(route, 'sessions', { server, client, conversation });
    }
    case 'client':
      return elsewhere(route, 'sessions', { server: target.server, client: target.client });
  }
}

const elementOf = ({ tag, attributes, children }: PictureElement): VirtualElement =>
  h(
    tag,
    attributes,
    children.map((child) => (typeof child === 'string' ? child : elementOf(child))),
  );

/** The arrow keys go from session to session of a row, and from row to row. */
function walk(event: KeyboardEvent): void {
  const { key, target, currentTarget } = event;
  if (!(target instanceof SVGElement) || !(currentTarget instanceof HTMLElement)) return;
  const lane = target.closest('.lane');
  if (lane === null) return;
  const stopsOf = (one: Element | undefined): Element[] => [...(one?.querySelectorAll('a') ?? [])];
  const rows = [...currentTarget.querySelectorAll('.lane')];
  const own = stopsOf(lane);
  const index = own.indexOf(target);
  const next =
    key === 'ArrowRight'
      ? own[index + 1]
      : key === 'ArrowLeft'
        ? own[index - 1]
        : key === 'ArrowDown'
          ? stopsOf(rows[rows.indexOf(lane) + 1])[0]
          : key === 'ArrowUp'
            ? stopsOf(rows[rows.indexOf(lane) - 1])[0]
            : undefined;
  if (!(next instanceof SVGElement)) return;
  event.preventDefault();
  next.focus();
}

interface TableRow {
  group: LaneGroup;
  lane: Lane;
  box: LaneBox;
}

/** The same for those who do not see the picture. */
function asTable({ groups }: Lanes, at: number, context: Context): VirtualElement {
  const { route } = context;
  const rows = groups.flatMap((group) =>
    group.lanes.flatMap((lane) => lane.boxes.map((box): TableRow => ({ group, lane, box }))),
  );
  const left = groups.filter((group) => moreInWords(group) !== '');
  const conversation = ({ group: { server, client }, lane }: TableRow): Children =>
    lane.conversation === undefined
      ? 'none'
      : link(
          elsewhere(route, 'sessions', { server, client, conversation: lane.conversation }),
          code(lane.conversation.slice(0, SHORT_ID_CHARS)),
        );
  return h(
    'details',
    { key: 'table', class: 'lanes-table' },
    h('summary', {}, 'The same as a table'),
    grid<TableRow>({
      key: 'lanes',
      caption: 'The sessions of the picture',
      rows,
      keyOf: ({ box }) => String(box.row),
      sorting: context.sorting.get('lanes'),
      onSort: (sorting) => context.sort('lanes', sorting),
      columns: [
        {
          id: 'client',
          title: 'Client',
          cell: ({ group }) => nameText(group.client),
          sort: ({ group }) => group.client,
        },
        { id: 'server', title: 'Server', cell: ({ group }) => group.server, sort: ({ group }) => group.server },
        { id: 'conversation', title: 'Conversation', cell: conversation, sort: ({ lane }) => lane.conversation },
        {
          id: 'session',
          title: 'Session',
          cell: ({ box }) =>
            link(
              elsewhere(route, 'sessions', { session: box.traceId }),
              box.real ? code(box.id.slice(0, SHORT_ID_CHARS)) : kindTitle(box),
            ),
        },
        { id: 'began', title: 'Began', cell: ({ box }) => when(box.openedAt, at), sort: ({ box }) => box.openedAt },
        {
          id: 'length',
          title: 'Length',
          number: true,
          cell: ({ box }) => duration((box.lastAt - box.openedAt) / 1_000),
          sort: ({ box }) => box.lastAt - box.openedAt,
        },
        ...(['handshakes', 'toolCalls', 'failed', 'rejected'] as const).map((figure) => ({
          id: figure,
          title: FIGURE_TITLES[figure],
          number: true,
          cell: ({ box }: TableRow) =>
            box[figure] === 0
              ? '0'
              : link(elsewhere(route, 'calls', { session: box.traceId, ...FIGURE_CALLS[figure] }), count(box[figure])),
          sort: ({ box }: TableRow) => box[figure],
        })),
      ],
    }),
    left.length > 0 &&
      h(
        'p',
        { class: 'muted' },
        `Not shown: ${left.map((group) => `${nameText(group.client)} ${moreInWords(group)}`).join('; ')}.`,
      ),
    h('p', { class: 'muted' }, `${counted(rows.length, 'row')}.`),
  );
}

/** The calls that each figure counts. */
const FIGURE_CALLS: Readonly<Record<keyof typeof FIGURE_TITLES, Partial<Route>>> = {
  handshakes: { status: 'handshake' },
  toolCalls: { method: 'tools/call' },
  failed: { status: 'failed' },
  rejected: { status: 'rejected' },
};

const FIGURE_TITLES = {
  handshakes: 'Handshakes',
  toolCalls: 'Tool calls',
  failed: 'Failed',
  rejected: 'Rejected',
} as const;
