import type { MarkKind, MarkQuestion, StoredLanes, StoredMark } from '../../src/store/lanes.ts';
import type { StoredSession } from '../../src/store/session-queries.ts';

export const START = Date.UTC(2026, 0, 1, 12);

let rows = 0;

/** A session of a client: from, to and marks in seconds since `START`. */
export interface SessionSpec {
  from: number;
  to: number;
  conversation?: string;
  real?: boolean;
  id?: string;
  marks?: readonly (readonly [second: number, kind: MarkKind])[];
}

export interface ClientSpec {
  client: string;
  server?: string;
  verdict?: string;
  sessions: readonly SessionSpec[];
  /** How many there are in all. */
  of?: number;
}

/** What a store would say, and its marks. */
export interface Stored {
  lanes: StoredLanes[];
  marksOf(question: MarkQuestion): StoredMark[];
}

export function storedFrom(specs: readonly ClientSpec[]): Stored {
  const marks: StoredMark[] = [];
  const lanes = specs.map(({ client, server = 'quiz', verdict, sessions, of }): StoredLanes => {
    const latest = sessions
      .map((spec): StoredSession => {
        const row = ++rows;
        const own = (spec.marks ?? []).map(([second, kind]) => ({
          session: row,
          at: START + second * 1_000,
          kind,
          number: 1,
        }));
        marks.push(...own);
        const count = (kind: MarkKind): number => own.filter((mark) => mark.kind === kind).length;
        return {
          row,
          id: spec.id ?? `session-${row}`,
          traceId: '0'.repeat(32),
          real: spec.real ?? true,
          source: (spec.real ?? true) ? 'header' : 'conversation',
          server,
          client,
          era: 'legacy',
          opened: 'handshake',
          conversation: spec.conversation,
          clientName: undefined,
          clientVersion: undefined,
          serverName: undefined,
          serverVersion: undefined,
          protocolVersion: undefined,
          openedAt: START + spec.from * 1_000,
          lastAt: START + spec.to * 1_000,
          endedAt: undefined,
          endReason: undefined,
          operations: own.length,
          toolCalls: own.length - count('handshake'),
          failed: count('failed'),
          rejected: count('rejected'),
          handshakes: count('handshake'),
        };
      })
      .toSorted((a, b) => b.lastAt - a.lastAt);
    return {
      server,
      client,
      verdict,
      sessions: of ?? latest.length,
      conversations: new Set(latest.flatMap(({ conversation }) => conversation ?? [])).size,
      lastAt: latest[0]?.lastAt ?? 0,
      latest,
    };
  });
  return {
    lanes,
    marksOf: ({ sessions, from, to }) =>
      marks.filter(({ session, at }) => sessions.includes(session) && at >= from && at <= to),
  };
}

/** A session of its own for each call, so many seconds apart. */
export const perCall = (conversation: string, calls: number, from: number, apart = 10): SessionSpec[] =>
  Array.from({ length: calls }, (_, call) => {
    const at = from + call * apart;
    const took = Math.min(0.2, apart / 2);
    return {
      from: at,
      to: at + took,
      conversation,
      marks: [
        [at, 'handshake'],
        [at + took / 2, 'call'],
      ],
    };
  });

/** A session that is kept for so many calls. */
export const kept = (calls: number, from: number, to: number, more: Partial<SessionSpec> = {}): SessionSpec => ({
  from,
  to,
  marks: [
    [from, 'handshake'],
    ...Array.from({ length: calls }, (_, call): [number, MarkKind] => [
      from + ((call + 1) * (to - from)) / calls,
      'call',
    ]),
  ],
  ...more,
});
