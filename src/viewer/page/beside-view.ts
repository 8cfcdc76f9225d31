import { bytes, clockTime, count, duration, ratio } from '../../reading/figures.ts';
import { lengthOf } from '../../reading/session-words.ts';
import { nameText } from '../../reading/names.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { SessionTimeline } from '../api.ts';
import { select } from './choice.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { factList, kindTitle, nameElement, when } from './parts.ts';
import { drawnMsOf } from './timeline.ts';
import { waterfall } from './waterfall.ts';

const SHORT_ID_CHARS = 12;

/** Chooses a session to show beside the open one. @param now milliseconds since the epoch */
export function besideChoice(
  open: StoredSession,
  all: readonly StoredSession[],
  now: number,
  { route, go }: Context,
): VirtualElement {
  const others = all.filter(({ row }) => row !== open.row);
  return select(
    'Compare with another session',
    route.beside ?? '',
    [
      { value: '', title: 'compare with …' },
      ...others.map(({ traceId, client, id, openedAt }) => ({
        value: traceId,
        title: `${nameText(client)}, ${clockTime(openedAt, now)}, ${id.slice(0, SHORT_ID_CHARS)}`,
      })),
      ...(route.beside === undefined || others.some(({ traceId }) => traceId === route.beside)
        ? []
        : [{ value: route.beside, title: route.beside.slice(0, SHORT_ID_CHARS) }]),
    ],
    (value) => go({ ...route, beside: value || undefined }),
  );
}

interface Side {
  session: StoredSession;
  operations: readonly StoredOperation[];
}

/** Two sessions on one scale, with what is to be compared above. */
export function besideView(one: SessionTimeline, other: SessionTimeline, context: Context): VirtualElement | undefined {
  const sides = [one, other].flatMap(({ session, operations }): Side[] =>
    session === undefined ? [] : [{ session, operations }],
  );
  if (sides.length < 2) return undefined;
  const linear = context.route.scale === 'linear';
  const widest = Math.max(...sides.map(({ operations }) => drawnMsOf(operations, linear)));
  return h(
    'div',
    { class: 'beside' },
    sides.map((side, index) =>
      h(
        'section',
        { key: index, 'aria-label': `Session of ${nameText(side.session.client)}` },
        h('h2', {}, nameElement(side.session.client), h('span', { class: 'muted' }, ` ${kindTitle(side.session)}`)),
        factsOf(side, other.at),
        waterfall(side.operations, side.session.openedAt, context, widest),
      ),
    ),
  );
}

function factsOf({ session, operations }: Side, at: number): VirtualElement {
  const sum = (of: (operation: StoredOperation) => number): number =>
    operations.reduce((total, operation) => total + of(operation), 0);
  const facts: [string, Children][] = [
    ['began', when(session.openedAt, at)],
    ['length', duration(lengthOf(session))],
    ['protocol', session.protocolVersion ?? 'unknown'],
    ['operations', count(session.operations)],
    ['tool calls', count(session.toolCalls)],
    ['failed', count(session.failed)],
    ['rejected', count(session.rejected)],
    ['handshakes per call', ratio(session.handshakes, session.toolCalls)],
    ['time in calls', duration(sum(({ seconds }) => seconds))],
    ['answers', bytes(sum(({ responseBytes }) => responseBytes))],
  ];
  return factList(facts);
}
