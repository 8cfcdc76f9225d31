import { keepNewest } from '../transport/bounded.ts';
import { Recency } from './recency.ts';
import type { Session } from './session.ts';

/** What is kept of a session that was summed up, in case it speaks again. */
export interface PastSession extends Pick<
  Session,
  'part' | 'client' | 'principal' | 'face' | 'opened' | 'server' | 'toolCalls' | 'segment' | 'journey'
> {
  /** When its client or its server ended it; 0: it was only summed up. */
  overAt: number;
}

const DERIVED_IDLE_SECONDS = 1_800;
/** An empty session is evicted before others only after this long, because a younger one may be used soon. */
const EMPTY_GRACE_MS = 30_000;

/** The sessions that live, and a bounded memory of those that ended. */
export class LiveSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #empty = new Recency();
  readonly #inUse = new Recency();
  readonly #past = new Map<string, PastSession>();
  readonly #streams = new Map<string, number>();
  readonly #max: number;
  readonly #idleSeconds: number;

  /** @param max sessions followed at a time */
  constructor({ max, idleSeconds }: { max: number; idleSeconds: number }) {
    this.#max = max;
    this.#idleSeconds = idleSeconds;
  }

  get(key: string): Session | undefined {
    return this.#sessions.get(key);
  }

  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  past(key: string): PastSession | undefined {
    return this.#past.get(key);
  }

  /** Returns the session that has to end because there are too many, if there are. */
  add(session: Session): Session | undefined {
    this.#sessions.set(session.key, session);
    this.#empty.append(session);
    this.#past.delete(session.key);
    return this.#sessions.size > this.#max ? this.#victim(session.lastAt) : undefined;
  }

  /** Marks the session as active. @param used a tool call used it, so it is no longer empty. */
  touch(session: Session, at: number, used = false): void {
    if (at > session.lastAt) session.lastAt = at;
    if (this.get(session.key) !== session) return;
    this.#order(session).remove(session);
    if (used) session.toolCalls++;
    this.#order(session).append(session);
  }

  /**
   * Removes a session from the live ones and remembers enough to resume it.
   * @param overAt when its client or its server ended it; 0: neither did
   */
  remove(session: Session, overAt: number): void {
    this.#sessions.delete(session.key);
    this.#order(session).remove(session);
    const { part, client, principal, face, opened, server, toolCalls, segment, journey } = session;
    this.#past.set(session.key, { part, client, principal, face, opened, server, toolCalls, segment, journey, overAt });
    keepNewest(this.#past, this.#max);
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

  /** Sessions that have been silent for too long. One with an open GET stream, or a process, is not silent. */
  idle(at: number): Session[] {
    return [...this.values()].filter((session) => this.#isIdle(session, at));
  }

  #isIdle({ source, key, inFlight, lastAt }: Session, at: number): boolean {
    if (source === 'process' || inFlight > 0 || this.#streams.has(key)) return false;
    const seconds = source === 'header' ? this.#idleSeconds : Math.max(this.#idleSeconds, DERIVED_IDLE_SECONDS);
    return at - lastAt >= seconds * 1_000;
  }

  /** An empty session that is no longer young, else the idlest of those in use, else the idlest. */
  #victim(at: number): Session | undefined {
    const empty = this.#empty.idlest;
    const old = empty !== undefined && at - empty.lastAt >= EMPTY_GRACE_MS;
    return old ? empty : (this.#inUse.idlest ?? empty);
  }

  #order(session: Session): Recency {
    return session.toolCalls > 0 ? this.#inUse : this.#empty;
  }
}
