import { hash } from 'node:crypto';

/** Makes the numbers that stand for clients' addresses in this process. With another key they are others. */
export class Peers {
  readonly #key: string;

  /** @param key random, the same for all relay threads */
  constructor(key: string) {
    this.#key = key;
  }

  /** A number of 32 bits for an address, never 0; 0: the address is unknown, as the connection is gone. */
  of(address: string | undefined): number {
    if (address === undefined) return 0;
    return Number.parseInt(hash('sha256', `${this.#key}${address}`, 'hex').slice(0, 8), 16) || 1;
  }
}
