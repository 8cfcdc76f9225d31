import { Buffer } from 'node:buffer';
import type { ClientState } from '../session/clients.ts';
import type { People } from '../session/people.ts';
import type { Remembered } from './remembered.ts';
import type { Batch, StoreWriter } from './writer.ts';

/** What each write asks others for. */
export interface Asked {
  /** The state of all clients. */
  clients(): Iterable<ClientState>;
  /** What each audience is offered. */
  toolLists?(): Batch['toolLists'];
  /** Who used what. They hash with the key of the open file; undefined: nobody does. */
  people?: Pick<People, 'changed' | 'written'> | undefined;
}

export class Sources {
  #asked: Asked = { clients: () => [] };
  #people: Asked['people'];
  #key: Uint8Array | undefined;

  set(asked: Asked): void {
    this.#asked = asked;
    this.#people = asked.people;
  }

  /** Sketches with another key than that of the file do not merge with those in it. */
  opened({ people }: Remembered): void {
    if (people === undefined) return;
    if (this.#key !== undefined && !Buffer.from(this.#key).equals(people.key)) this.#people = undefined;
    this.#key = people.key;
  }

  /** @throws what SQLite throws */
  write(writer: StoreWriter, batch: Omit<Batch, 'clients' | 'people' | 'toolLists'>, nowUs: number): void {
    const { clients, toolLists } = this.#asked;
    const people = this.#people?.changed() ?? [];
    writer.write({ ...batch, clients: clients(), toolLists: toolLists?.() ?? [], people }, nowUs);
  }

  /** What was written is in the file. */
  committed(): void {
    this.#people?.written();
  }
}
