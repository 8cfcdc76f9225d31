import type { StoredLanes } from '../../store/lanes.ts';
import type { StoredSession } from '../../store/session-queries.ts';

/** A time: milliseconds since the epoch. */
export interface LaneAxis {
  from: number;
  to: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const LENGTHS_MS: readonly number[] = [
  ...[10, 20, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 3, 4, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 3, 7, 14, 31, 92, 366].map((days) => days * DAY_MS),
];
/** With this many sessions of one conversation in a row, each can still be seen. */
const SESSIONS_IN_SIGHT = 30;
/** With fewer sessions there is no row of them. */
const MIN_IN_ROW = 3;
/** Where conversations have one session each, so many of usual length fit. */
const LENGTHS_IN_SIGHT = 4;
/** So many times longer the axis may be, so that both habits are seen; this share of its length is then left to the earlier one. */
const MAX_STRETCH = 3;
const SHARE_BEFORE = 0.25;
/** The least that the axis spans. */
const MIN_SPAN_MS = 2 * SECOND_MS;

/** Which time is shown, where not all fits: the latest, or the one in which most of the difference can be seen. */
export type LaneMoment = 'latest' | 'richest';

/**
 * The time in which the difference between clients is plain: so short that the sessions of a conversation stand apart.
 * It reaches further back where a client of the other habit was there shortly before.
 */
export function axisOf(clients: readonly StoredLanes[], moment: LaneMoment): LaneAxis {
  const sessions = clients.flatMap(({ latest }) => latest);
  if (sessions.length === 0) return { from: 0, to: MIN_SPAN_MS };
  const first = Math.min(...sessions.map(({ openedAt }) => openedAt));
  const last = Math.max(...sessions.map(({ lastAt }) => lastAt));
  const length = Math.min(lengthFor(clients), last - first);
  const end = moment === 'latest' ? last : richestEnd(clients, length);
  const from = Math.max(first, end - lengthened(clients, end, length));
  return { from, to: Math.max(end, from + MIN_SPAN_MS) };
}

/** When the time of this length ends in which most clients are seen; of several, the latest. */
function richestEnd(clients: readonly StoredLanes[], length: number): number {
  let best = { end: 0, seen: 0 };
  for (const { lastAt: end } of clients.toSorted((a, b) => b.lastAt - a.lastAt)) {
    const seen = clients.reduce((sum, client) => sum + (isSeen(client, end - length, end) ? worthOf(client) : 0), 0);
    if (seen > best.seen) best = { end, seen };
  }
  return best.end;
}

function lengthened(clients: readonly StoredLanes[], end: number, length: number): number {
  const before = (verdict: string): number =>
    Math.max(...clients.filter((client) => client.verdict === verdict).map(({ lastAt }) => Math.min(lastAt, end)));
  // A habit that nobody has is never missing.
  const seen = ['per-call', 'reusing'].map((verdict) => before(verdict)).filter((at) => Number.isFinite(at));
  const needed = end - Math.min(end, ...seen) + length * SHARE_BEFORE;
  return needed > length && needed <= length * MAX_STRETCH ? needed : length;
}

const isSeen = ({ latest }: StoredLanes, from: number, to: number): boolean =>
  latest.some(({ openedAt, lastAt }) => lastAt >= from && openedAt <= to);

/** A client that opens a session for each call is what the picture is for. */
const worthOf = ({ verdict }: StoredLanes): number => (verdict === 'per-call' ? 2 : 1);

/** How long the axis should be, by the clients that the picture is for, or by all. */
function lengthFor(clients: readonly StoredLanes[]): number {
  const odd = clients.filter(({ verdict }) => verdict === 'per-call').flatMap((client) => gapsOf(client));
  const gaps = odd.length > 0 ? odd : clients.flatMap((client) => gapsOf(client));
  if (gaps.length > 0) return roundLength(median(gaps) * SESSIONS_IN_SIGHT);
  const real = clients.flatMap(({ latest }) => latest).filter((session) => session.real);
  const lengths = real.map((session) => lengthOf(session)).filter((length) => length > 0);
  return lengths.length < LENGTHS_IN_SIGHT ? Infinity : roundLength(median(lengths) * LENGTHS_IN_SIGHT);
}

/** The times between the sessions of a conversation; of a client without conversations between its sessions, if they are short. */
function gapsOf({ latest }: StoredLanes): number[] {
  const real = latest.filter((session) => session.real);
  return [...Map.groupBy(real, ({ conversation }) => conversation).values()].flatMap((own) => {
    const gaps = own.length < MIN_IN_ROW ? [] : gapsIn(own.map(({ openedAt }) => openedAt));
    const short = median(own.map((session) => lengthOf(session))) * SESSIONS_IN_SIGHT < median(gaps) * LENGTHS_IN_SIGHT;
    return own[0]?.conversation !== undefined || short ? gaps : [];
  });
}

const lengthOf = ({ openedAt, lastAt }: StoredSession): number => lastAt - openedAt;

function gapsIn(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** The longest of the usual lengths that is not longer. */
const roundLength = (milliseconds: number): number =>
  LENGTHS_MS.findLast((length) => length <= milliseconds) ?? LENGTHS_MS[0] ?? milliseconds;

const STEPS_MS: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 31, 92].map((days) => days * DAY_MS),
];

/** Round times on an axis, so many at most. `origin`: what they are round from. */
export function ticksOn({ from, to }: LaneAxis, most: number, origin: number): number[] {
  const step = STEPS_MS.find((each) => (to - from) / each <= most) ?? DAY_MS * 366;
  const ticks: number[] = [];
  for (let at = Math.ceil((from - origin) / step) * step; at <= to - origin; at += step) ticks.push(origin + at);
  return ticks;
}
