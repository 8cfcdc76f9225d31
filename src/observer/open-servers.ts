import { OpenServer, type SharedByServers } from './open-server.ts';
import { sayAbout } from '../settings/server-config.ts';
import type { ObservedServer } from './setup.ts';

/** Stands for requests that were refused before it was known which server they are for. */
const NOBODYS_INDEX = -1;

/** The servers of an observer. They come and go. */
export class OpenServers {
  readonly #shared: SharedByServers;
  readonly #open = new Map<number, OpenServer>();
  #nobodys: OpenServer | undefined;
  /** The settings of the server that came first. */
  #first: ObservedServer | undefined;

  constructor(shared: SharedByServers) {
    this.#shared = shared;
  }

  open(servers: readonly ObservedServer[]): void {
    this.#first ??= servers[0];
    for (const server of servers) {
      const known = this.#open.get(server.index);
      if (known === undefined) this.#open.set(server.index, new OpenServer(server, this.#named(server.name)));
      else known.move(server.place);
    }
  }

  /** Closes servers as soon as nothing of them is under way. */
  retire(indexes: readonly number[], at: number): void {
    for (const index of indexes) {
      const server = this.#open.get(index);
      if (server !== undefined) server.retiredAt = at;
    }
  }

  /** @param index undefined: nobody knows which server it was for; where there is one, it was for that */
  of(index: number | undefined): OpenServer | undefined {
    if (index !== undefined) return this.#open.get(index);
    if (this.#open.size === 1) return [...this.#open.values()][0];
    if (this.#first === undefined) return undefined;
    const { settings } = this.#shared;
    this.#nobodys ??= new OpenServer(
      { ...this.#first, index: NOBODYS_INDEX, name: settings.name, place: { kind: 'stdio' } },
      this.#shared,
      false,
    );
    return this.#nobodys;
  }

  /** @param readUntil all that relays sent before this time was read */
  sweep(at: number, readUntil: number): void {
    for (const [index, server] of this.#open) {
      server.sweep(at);
      // What relays sent of it before they let go of it may wait to be read.
      const isOver = server.retiredAt !== undefined && server.retiredAt < readUntil && server.isIdle;
      if (!isOver) continue;
      server.close(at);
      server.forget();
      this.#open.delete(index);
    }
  }

  close(at: number): void {
    for (const server of this.#open.values()) server.close(at);
    this.#nobodys?.close(at);
  }

  #named(name: string): SharedByServers {
    const { settings, say } = this.#shared;
    return { ...this.#shared, say: sayAbout(name, settings.name, say) };
  }
}
