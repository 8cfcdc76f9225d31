import type { Client } from './client.ts';
import type { EndReason, Session } from './session.ts';

/** What is kept of a session that was summed up, in case it speaks again. */
interface Past {
  part: number;
  client: Client;
  /** Its figures were counted, or are not ours to count. */
  opened: Session['opened'];
}

const DERIVED_IDLE_SECONDS = 1_800;
/** An empty session goes before others only after this long: younger ones may be about to be used. */
const EMPTY_GRACE = 30_000;

/** The sessions that live, and a bounded memory of those that ended. */
export class LiveSessions {
  readonly #empty = new Map<string, Session>();
  readonly #inUse = new Map<string, Session>();
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
    return this.#inUse.get(key) ?? this.#empty.get(key);
  }

  *values(): Generator<Session> {
    yield* this.#inUse.values();
    yield* this.#empty.values();
  }

  past(key: string): Past | undefined {
    return this.#past.get(key);
  }

  add(session: Session): void {
    this.#empty.set(session.key, session);
    this.#past.delete(session.key);
    if (this.#empty.size + this.#inUse.size > this.#most) this.#evict(session.lastAt);
  }

  /** Its first tool call: it is empty no more. */
  used(session: Session): void {
    if (this.#empty.delete(session.key)) this.#inUse.set(session.key, session);
  }

  touch(session: Session, at: number): void {
    if (at > session.lastAt) session.lastAt = at;
  }

  end(session: Session, at: number, reason: EndReason): void {
    if (this.get(session.key) !== session) return;
    this.#ending(session.key, at);
    this.#empty.delete(session.key);
    this.#inUse.delete(session.key);
    this.#ended(session, at, reason);
    this.#past.set(session.key, { part: session.part, client: session.client, opened: session.opened });
    if (this.#past.size > this.#most) {
      for (const oldest of this.#past.keys()) {
        this.#past.delete(oldest);
        break;
      }
    }
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

  /** Ends what has been silent for too long. A session with an open GET stream is not silent. */
  sweep(at: number): void {
    for (const session of this.values()) {
      const seconds =
        session.source === 'header' ? this.#idleSeconds : Math.max(this.#idleSeconds, DERIVED_IDLE_SECONDS);
      if (at - session.lastAt >= seconds * 1_000 && !this.#streams.has(session.key)) this.end(session, at, 'idle');
    }
  }

  endAll(at: number): void {
    for (const session of this.values()) this.end(session, at, 'shutdown');
  }

  /** Ends an empty session that is no longer young, else the idlest of those in use, else the oldest. */
  #evict(at: number): void {
    const [oldestEmpty] = this.#empty.values();
    const victim =
      oldestEmpty !== undefined && at - oldestEmpty.lastAt >= EMPTY_GRACE
        ? oldestEmpty
        : (this.#idlestInUse() ?? oldestEmpty);
    if (victim !== undefined) this.end(victim, at, 'evicted');
  }

  /**
   * The map of those in use is in the order in which they were heard of when last looked at here; one that was heard of
   * since goes to its end. So operations leave the order alone, and each look is paid for by at least one of them.
   */
  #idlestInUse(): Session | undefined {
    for (const session of this.#inUse.values()) {
      if (session.lastAt <= session.lookedAt) return session;
      session.lookedAt = session.lastAt;
      this.#inUse.delete(session.key);
      this.#inUse.set(session.key, session);
    }
    return undefined;
  }
}
