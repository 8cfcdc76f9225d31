import type { Session } from './session.ts';

/** Sessions in order of their last activity. A linked list, because it moves a session more cheaply than a Map. */
export class Recency {
  #oldest: Session | undefined;
  #newest: Session | undefined;

  get idlest(): Session | undefined {
    return this.#oldest;
  }

  append(session: Session): void {
    session.older = this.#newest;
    session.newer = undefined;
    if (this.#newest === undefined) this.#oldest = session;
    else this.#newest.newer = session;
    this.#newest = session;
  }

  remove(session: Session): void {
    if (session.older === undefined) this.#oldest = session.newer;
    else session.older.newer = session.newer;
    if (session.newer === undefined) this.#newest = session.older;
    else session.newer.older = session.older;
    session.older = undefined;
    session.newer = undefined;
  }
}
