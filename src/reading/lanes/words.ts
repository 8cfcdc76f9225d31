import type { MarkKind } from '../../store/lanes.ts';
import { clockTime, count, counted, duration, preciseTime } from '../figures.ts';
import type { Lane, LaneBox, LaneGroup, LaneMark, Lanes } from './lanes.ts';

export const LANES_TITLE = 'Sessions, a row per conversation';

const MARK_KINDS: readonly MarkKind[] = ['handshake', 'call', 'failed', 'rejected'];
export const MARK_TITLES: Readonly<Record<MarkKind, string>> = {
  handshake: 'handshake',
  call: 'tool call',
  failed: 'failed call',
  rejected: 'rejected call',
};

/** The kinds of marks that are there to see, in the order of the legend. */
export function kindsIn({ groups }: Lanes): MarkKind[] {
  const boxes = groups.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.boxes));
  const there = new Set(boxes.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
  return MARK_KINDS.filter((kind) => there.has(kind));
}

/** How many sessions a client took: `7 sessions, 1 conversation`. */
export function sizeInWords({ sessions, activities, conversations, lanes }: LaneGroup): string {
  const boxes = lanes.flatMap((lane) => lane.boxes);
  const calls = boxes.reduce((total, { toolCalls }) => total + toolCalls, 0);
  const held = sessions === 0 && activities > 0 ? 'no sessions' : counted(sessions, 'session');
  return `${held}, ${conversations > 0 ? counted(conversations, 'conversation') : counted(calls, 'call')}`;
}

/** What of a client is not shown: `and 26 more conversations`, in short `26 more`; `''`: nothing. */
export function moreInWords({ moreConversations, moreSessions, conversations }: LaneGroup, whole = true): string {
  const ofTalks = conversations > 0 && moreConversations > 0;
  const number = ofTalks ? moreConversations : moreSessions;
  if (number === 0) return '';
  return whole ? `and ${counted(number, ofTalks ? 'more conversation' : 'more session')}` : `${count(number)} more`;
}

/** A box as a sentence without its full stop. `now`: milliseconds since the epoch. */
export function boxInWords(box: LaneBox, now: number): string {
  const { real, source, id, openedAt, lastAt, handshakes, toolCalls, failed, rejected } = box;
  const what = source === 'process' ? 'stdio session' : real ? 'session' : 'no session';
  const figures = [
    counted(handshakes, 'handshake'),
    counted(toolCalls, 'tool call'),
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
    ...(rejected === 0 ? [] : [`${count(rejected)} rejected`]),
  ];
  const when = `${clockTime(openedAt, now)}, for ${duration(Math.max(0, lastAt - openedAt) / 1_000)}`;
  return `${what}${real ? ` ${id.slice(0, 8)}` : ''}: ${figures.join(', ')}; ${when}`;
}

export const markInWords = ({ kind, number, at }: LaneMark): string =>
  `${number === 1 ? MARK_TITLES[kind] : counted(number, MARK_TITLES[kind])}, ${preciseTime(at)}`;

export const laneInWords = ({ conversation, boxes }: Lane): string =>
  `${conversation === undefined ? '' : `conversation ${conversation}, `}${counted(boxes.length, 'session')}`;

/** Up to this share of the axis ago still is now. */
const LATELY_SHARE = 0.1;

/** Which time the picture shows: `last 5 min`, `5 min until 10:15:03`. */
export function axisInWords({ from, to }: Lanes, now: number): string {
  const length = duration(Math.round((to - from) / 1_000)).replace('.0 s', ' s');
  return now - to <= (to - from) * LATELY_SHARE ? `last ${length}` : `${length} until ${clockTime(to, now)}`;
}

/** The clients that are left out; `''`: none. */
export const moreClientsInWords = ({ moreClients }: Lanes): string =>
  moreClients === 0 ? '' : `${counted(moreClients, 'more client')} in this period`;
