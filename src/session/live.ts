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

/** The sessions that live, least recently heard of first, and a bounded memory of those that ended. */
export class LiveSessions {
  readonly #sessions = new Map<string, Session>();
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

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  past(key: string): Past | undefined {
    return this.#past.get(key);
  }

  add(session: Session): void {
    this.#sessions.set(session.key, session);
    this.#past.delete(session.key);
    if (this.#sessions.size > this.#most) this.#evict(session.lastAt);
  }

  touch(session: Session, at: number): void {
    if (at > session.lastAt) session.lastAt = at;
    if (this.#sessions.get(session.key) !== session) return;
    this.#sessions.delete(session.key);
    this.#sessions.set(session.key, session);
  }

  end(session: Session, at: number, reason: EndReason): void {
    if (this.#sessions.get(session.key) !== session) return;
    this.#ending(session.key, at);
    this.#sessions.delete(session.key);
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
    const session = this.#sessions.get(key);
    if (session !== undefined) this.touch(session, at);
  }

  /** Ends what has been silent for too long. A session with an open GET stream is not silent. */
  sweep(at: number): void {
    for (const session of this.#sessions.values()) {
      const seconds =
        session.source === 'header' ? this.#idleSeconds : Math.max(this.#idleSeconds, DERIVED_IDLE_SECONDS);
      if (at - session.lastAt >= seconds * 1_000 && !this.#streams.has(session.key)) this.end(session, at, 'idle');
    }
  }

  endAll(at: number): void {
    for (const session of this.#sessions.values()) this.end(session, at, 'shutdown');
  }

  #evict(at: number): void {
    let idlest: Session | undefined;
    for (const session of this.#sessions.values()) {
      idlest ??= session;
      if (at - session.lastAt < EMPTY_GRACE) break;
      if (session.toolCalls === 0) {
        idlest = session;
        break;
      }
    }
    if (idlest !== undefined) this.end(idlest, at, 'evicted');
  }
}
