import type { ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

/** Beyond these a search for a free connection among the calls' would become long. */
const MAX_LENT = 16;

/** The connections to the upstream: of calls, and of standing streams, of which there may be thousands. */
export class Ways {
  readonly #calls: Pool;
  readonly #streams: Pool;
  #lent = 0;

  constructor(make: () => Pool) {
    this.#calls = make();
    this.#streams = make();
  }

  /**
   * A stream takes a connection that is open already, if calls have one to spare: while a new one is being opened, the
   * client's next request would overtake it, and what the server says on that stream at once would be lost.
   * @param answer once it is closed, what was lent is free again
   */
  for(standing: boolean, answer: ServerResponse): Dispatcher {
    if (!standing) return this.#calls;
    if (this.#lent >= MAX_LENT || this.#calls.stats.free === 0) return this.#streams;
    this.#lent++;
    answer.once('close', () => this.#lent--);
    return this.#calls;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#calls.destroy(), this.#streams.destroy()]);
  }
}
