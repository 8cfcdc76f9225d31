import { Buffer } from 'node:buffer';
import type { ClientState } from '../session/clients.ts';
import type { People } from '../session/people.ts';
import type { Remembered } from './remembered.ts';
import type { Batch, StoreWriter } from './writer.ts';

/** Whom each write asks for the state of all clients, and who used what. */
export class Sources {
  #clients: () => Iterable<ClientState> = () => [];
  #people: Pick<People, 'changed' | 'written'> | undefined;
  #key: Uint8Array | undefined;

  /** @param people hashes with the key of the open file; undefined: nobody does */
  set(clients: () => Iterable<ClientState>, people?: Pick<People, 'changed' | 'written'>): void {
    this.#clients = clients;
    this.#people = people;
  }

  /** Sketches with another key than that of the file do not merge with those in it. */
  opened({ people }: Remembered): void {
    if (people === undefined) return;
    if (this.#key !== undefined && !Buffer.from(this.#key).equals(people.key)) this.#people = undefined;
    this.#key = people.key;
  }

  /** @throws what SQLite throws; then nothing is written */
  write(writer: StoreWriter, batch: Omit<Batch, 'clients' | 'people'>, nowUs: number): void {
    writer.write({ ...batch, clients: this.#clients(), people: this.#people?.changed() ?? [] }, nowUs);
    this.#people?.written();
  }
}
