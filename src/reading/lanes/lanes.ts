import type { MarkKind, MarkQuestion, StoredLanes, StoredMark } from '../../store/lanes.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { axisOf, type LaneAxis, type LaneMoment } from './axis.ts';

/** How clients use sessions over time: the model of the picture that the page, the report and the terminal draw. */
/** Its axis is chosen by what there is to see. */
export interface Lanes extends LaneAxis {
  groups: readonly LaneGroup[];
  /** Clients of the period that are left out, since there is no room or they did nothing in this time. */
  moreClients: number;
}

/** A client at a server. The figures are those of the sessions that are shown. */
export interface LaneGroup {
  server: string;
  client: string;
  verdict: string | undefined;
  sessions: number;
  /** Groups of requests that no session id holds together. */
  activities: number;
  conversations: number;
  lanes: readonly Lane[];
  /** In the whole period, but not shown. */
  moreSessions: number;
  moreConversations: number;
}

/** A row: a conversation, a session of none, or several sessions of none that do not overlap. */
export interface Lane {
  conversation: string | undefined;
  /** More than one where sessions overlap. */
  tracks: number;
  boxes: readonly LaneBox[];
}

export interface LaneBox extends Pick<
  StoredSession,
  | 'row'
  | 'traceId'
  | 'id'
  | 'real'
  | 'source'
  | 'openedAt'
  | 'lastAt'
  | 'handshakes'
  | 'toolCalls'
  | 'failed'
  | 'rejected'
> {
  track: number;
  marks: readonly LaneMark[];
}

export interface LaneMark {
  at: number;
  kind: MarkKind;
  /** How many there are close to each other. */
  number: number;
}

/** How much there is room for. */
export interface LaneRoom {
  clients: number;
  /** Rows of all clients together. */
  rows: number;
  moment: LaneMoment;
}

const MAX_LANES_OF_CLIENT = 3;
const MAX_BOXES_OF_LANE = 60;
const MAX_TRACKS = 3;
/** Marks that are closer than this share of the axis become one. */
const MARK_SHARE = 1 / 300;

/**
 * Chooses what to show: the time with the most to see, in it the clients that differ most, and of each the latest rows.
 * @param marksOf asks the store
 */
export function lanesOf(
  stored: readonly StoredLanes[],
  room: LaneRoom,
  marksOf: (question: MarkQuestion) => readonly StoredMark[],
): Lanes {
  const { from, to } = axisOf(stored, room.moment);
  const present = stored.filter(({ latest }) => latest.some((session) => isIn(session, from, to)));
  const chosen = contrasting(present, room.clients);
  const most = Math.min(MAX_LANES_OF_CLIENT, Math.max(1, Math.floor(room.rows / Math.max(1, chosen.length))));
  const planned = chosen.map((client) => ({ client, lanes: lanesIn(client, from, to, most) }));
  const marks = Map.groupBy(
    marksOf({
      sessions: planned.flatMap(({ lanes }) => lanes.flatMap(({ sessions }) => sessions.map(({ row }) => row))),
      from,
      to,
      apartMs: (to - from) * MARK_SHARE,
    }),
    ({ session }) => session,
  );
  return {
    from,
    to,
    groups: planned.map(({ client, lanes }) =>
      groupOf(
        client,
        lanes.map((lane) => filled(lane, marks)),
      ),
    ),
    moreClients: stored.length - chosen.length,
  };
}

const isIn = ({ openedAt, lastAt }: StoredSession, from: number, to: number): boolean =>
  lastAt >= from && openedAt <= to;

/** It opens sessions that it would not have needed. */
const isOdd = ({ verdict }: StoredLanes): boolean => verdict === 'per-call' || verdict === 'mixed';

/**
 * Clients that open many sessions first, then those that keep theirs, then the rest, so that the difference shows. Where
 * there is no room for all, some of each are kept.
 */
function contrasting(clients: readonly StoredLanes[], most: number): StoredLanes[] {
  const kinds = [
    clients.filter((client) => isOdd(client)),
    clients.filter(({ verdict }) => verdict === 'reusing'),
    clients.filter((client) => !isOdd(client) && client.verdict !== 'reusing'),
  ].map((kind) => kind.toSorted((a, b) => b.sessions - a.sessions || nameOf(a).localeCompare(nameOf(b))));
  const kept = new Set<StoredLanes>();
  for (let round = 0; kept.size < Math.min(most, clients.length); round++) {
    for (const kind of kinds) {
      const next = kind[round];
      if (next !== undefined && kept.size < most) kept.add(next);
    }
  }
  return kinds.flat().filter((client) => kept.has(client));
}

const nameOf = ({ server, client }: StoredLanes): string => `${client} ${server}`;

interface PlannedLane {
  conversation: string | undefined;
  sessions: readonly StoredSession[];
}

/** The latest rows of a client in a time, the one that began first on top. */
function lanesIn({ latest }: StoredLanes, from: number, to: number, most: number): PlannedLane[] {
  const seen = latest.filter((session) => isIn(session, from, to));
  const byConversation = Map.groupBy(seen, ({ conversation, row }) => conversation ?? row);
  const all = [...byConversation.values()].map((sessions): PlannedLane => ({
    conversation: sessions[0]?.conversation,
    sessions: sessions.slice(0, MAX_BOXES_OF_LANE).toSorted(inTime),
  }));
  const talks = all.filter(({ conversation }) => conversation !== undefined);
  const single = all.filter(({ conversation }) => conversation === undefined);
  const rows =
    talks.length + single.length <= most
      ? all
      : [
          ...talks.slice(0, most - (single.length > 0 && talks.length >= most ? 1 : 0)),
          ...sharing(single, most - talks.length),
        ];
  const kept = withFailure(rows.slice(0, most), talks);
  return kept.toSorted((a, b) => beginOf(a) - beginOf(b));
}

const inTime = (a: StoredSession, b: StoredSession): number => a.openedAt - b.openedAt || a.row - b.row;
const beginOf = ({ sessions }: PlannedLane): number => sessions[0]?.openedAt ?? 0;
const fails = ({ sessions }: PlannedLane): boolean => sessions.some(({ failed }) => failed > 0);

/** The latest row with a failure is worth more than the oldest of the others. */
function withFailure(kept: readonly PlannedLane[], all: readonly PlannedLane[]): readonly PlannedLane[] {
  const failing = all.find((lane) => fails(lane));
  if (failing === undefined || kept.length < 2 || kept.some((lane) => fails(lane))) return kept;
  const last = kept.findLastIndex(({ conversation }) => conversation !== undefined);
  return kept.map((lane, index) => (index === last ? failing : lane));
}

/** Puts sessions of no conversation into a few rows, in which they do not overlap; the latest find a place first. */
function sharing(single: readonly PlannedLane[], rows: number): PlannedLane[] {
  const shared: StoredSession[][] = Array.from({ length: Math.max(1, rows) }, () => []);
  for (const session of single.flatMap(({ sessions }) => sessions)) {
    const free = shared.find(
      (row) =>
        row.length < MAX_BOXES_OF_LANE &&
        row.every((other) => other.lastAt < session.openedAt || other.openedAt > session.lastAt),
    );
    free?.push(session);
  }
  return shared
    .filter((sessions) => sessions.length > 0)
    .map((sessions) => ({ conversation: undefined, sessions: sessions.toSorted(inTime) }));
}

/** One session alone, on an axis as long as it is. */
export function laneOfSession(
  session: StoredSession,
  marksOf: (question: MarkQuestion) => readonly StoredMark[],
): { lane: Lane; axis: LaneAxis } {
  const axis = { from: session.openedAt, to: Math.max(session.lastAt, session.openedAt + 1) };
  const { row, conversation } = session;
  const marks = marksOf({ sessions: [row], ...axis, apartMs: (axis.to - axis.from) * MARK_SHARE });
  return { lane: filled({ conversation, sessions: [session] }, new Map([[row, marks]])), axis };
}

/** Gives each session its track, and its marks. */
function filled({ conversation, sessions }: PlannedLane, marks: ReadonlyMap<number, readonly StoredMark[]>): Lane {
  const ends: number[] = [];
  const boxes = sessions.map((session): LaneBox => {
    const free = ends.findIndex((end) => end < session.openedAt);
    const track = free >= 0 ? free : Math.min(ends.length, MAX_TRACKS - 1);
    ends[track] = Math.max(ends[track] ?? 0, session.lastAt);
    const { row, traceId, id, real, source, openedAt, lastAt, handshakes, toolCalls, failed, rejected } = session;
    const own = (marks.get(row) ?? []).map(({ at, kind, number }) => ({ at, kind, number }));
    return {
      row,
      traceId,
      id,
      real,
      source,
      openedAt,
      lastAt,
      handshakes,
      toolCalls,
      failed,
      rejected,
      track,
      marks: own,
    };
  });
  return { conversation, tracks: Math.max(1, ends.length), boxes };
}

function groupOf(client: StoredLanes, lanes: readonly Lane[]): LaneGroup {
  const boxes = lanes.flatMap((lane) => lane.boxes);
  const conversations = new Set(lanes.flatMap(({ conversation }) => conversation ?? [])).size;
  return {
    server: client.server,
    client: client.client,
    verdict: client.verdict,
    sessions: boxes.filter(({ real }) => real).length,
    activities: boxes.filter(({ real }) => !real).length,
    conversations,
    lanes,
    moreSessions: Math.max(0, client.sessions - boxes.length),
    moreConversations: Math.max(0, client.conversations - conversations),
  };
}
