import { keepNewest } from '../transport/bounded.ts';
import { Recency } from './recency.ts';
import type { EndReason, Session } from './session.ts';

/** What is kept of a session that was summed up, in case it speaks again. */
type Past = Pick<
  Session,
  'part' | 'client' | 'opened' | 'server' | 'toolCalls' | 'segment' | 'segmentRoot' | 'segmentTraces'
>;

const DERIVED_IDLE_SECONDS = 1_800;
/** An empty session goes before others only after this long: younger ones may be about to be used. */
const EMPTY_GRACE_MS = 30_000;

/** The sessions that live, and a bounded memory of those that ended. */
export class LiveSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #empty = new Recency();
  readonly #inUse = new Recency();
  readonly #past = new Map<string, Past>();
  readonly #streams = new Map<string, number>();
  readonly #most: number;
  readonly #idleSeconds: number;
  readonly #ending: (key: string, at: number) => void;
  readonly #ended: (session: Session, at: number, reason: EndReason) => void;

  constructor(options: {
    most: number;
    idleSeconds: number;
    ending(key: string, at: number): void;
    ended(session: Session, at: number, reason: EndReason): void;
  }) {
    this.#most = options.most;
    this.#idleSeconds = options.idleSeconds;
    this.#ending = options.ending;
    this.#ended = options.ended;
  }

  get(key: string): Session | undefined {
    return this.#sessions.get(key);
  }

  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  past(key: string): Past | undefined {
    return this.#past.get(key);
  }

  add(session: Session): void {
    this.#sessions.set(session.key, session);
    this.#empty.append(session);
    this.#past.delete(session.key);
    if (this.#sessions.size > this.#most) this.#evict(session.lastAt);
  }

  /** It was heard of. @param used by a tool call: it is empty no more. */
  touch(session: Session, at: number, used = false): void {
    if (at > session.lastAt) session.lastAt = at;
    if (this.get(session.key) !== session) return;
    this.#order(session).remove(session);
    if (used) session.toolCalls++;
    this.#order(session).append(session);
  }

  end(session: Session, at: number, reason: EndReason): void {
    if (this.get(session.key) !== session) return;
    this.#ending(session.key, at);
    this.#sessions.delete(session.key);
    this.#order(session).remove(session);
    this.#ended(session, at, reason);
    const { part, client, opened, server, toolCalls, segment, segmentRoot, segmentTraces } = session;
    this.#past.set(session.key, { part, client, opened, server, toolCalls, segment, segmentRoot, segmentTraces });
    keepNewest(this.#past, this.#most);
  }

  streamOpened(key: string): void {
    this.#streams.set(key, (this.#streams.get(key) ?? 0) + 1);
  }

  streamClosed(key: string, at: number): void {
    const left = (this.#streams.get(key) ?? 1) - 1;
    if (left > 0) this.#streams.set(key, left);
    else this.#streams.delete(key);
    const session = this.get(key);
    if (session !== undefined) this.touch(session, at);
  }

  /** A standing stream of it is open. */
  isHeld(key: string): boolean {
    return this.#streams.has(key);
  }

  /** Ends what has been silent for too long. A session with an open GET stream, or a process, is not silent. */
  sweep(at: number): void {
    for (const session of this.values()) {
      if (session.source === 'process') continue;
      const seconds =
        session.source === 'header' ? this.#idleSeconds : Math.max(this.#idleSeconds, DERIVED_IDLE_SECONDS);
      if (session.inFlight === 0 && at - session.lastAt >= seconds * 1_000 && !this.#streams.has(session.key))
        this.end(session, at, 'idle');
    }
  }

  endAll(at: number): void {
    for (const session of this.values()) this.end(session, at, 'shutdown');
  }

  /** Ends an empty session that is no longer young, else the idlest of those in use, else the idlest. */
  #evict(at: number): void {
    const empty = this.#empty.idlest;
    const old = empty !== undefined && at - empty.lastAt >= EMPTY_GRACE_MS;
    const victim = old ? empty : (this.#inUse.idlest ?? empty);
    if (victim !== undefined) this.end(victim, at, 'evicted');
  }

  #order(session: Session): Recency {
    return session.toolCalls > 0 ? this.#inUse : this.#empty;
  }
}
