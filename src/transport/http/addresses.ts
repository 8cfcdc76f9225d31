import { lookup as lookUp, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { codeOf } from '../error-code.ts';
import { now } from '../clock.ts';

/**
 * So long the addresses of a name are used again. To look them up for each connection costs several questions to a name
 * server in a cluster. Where no connection to them can be opened, they are looked up at once.
 */
const MAX_AGE_MS = 5_000;
/** Addresses of this age are as good as new ones: an upstream that is down must not cost a question for each connection. */
const MIN_AGE_MS = 250;
/** So long an address that could not be reached comes after the others. */
const AVOID_MS = 30_000;
/** So long addresses are still used while the name server does not answer. */
const MAX_STALE_MS = 300_000;

export type LookUpAll = (
  name: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The addresses of one name, looked up once for connections that are opened at about the same time. */
export class Addresses {
  readonly #lookUp: LookUpAll;
  #known: { at: number; addresses: LookupAddress[] } | undefined;
  #isOld = false;
  /** Until when an address is avoided. */
  readonly #avoided = new Map<string, number>();

  /** @param lookingUp asks the name server */
  constructor(lookingUp: LookUpAll = lookUp) {
    this.#lookUp = lookingUp;
  }

  /** For one connection. @param onKnown called where it gets addresses that were looked up for an earlier one */
  lookup(onKnown: () => void): LookupFunction {
    return (name, options, callback) => {
      const answer = (addresses: LookupAddress[]): void => {
        const ordered = this.#ordered(addresses);
        const [first] = ordered;
        if (options.all === true) callback(null, ordered);
        else if (first !== undefined) callback(null, first.address, first.family);
      };
      const known = this.#known;
      if (known !== undefined && !this.#isOld && now() - known.at < MAX_AGE_MS) {
        if (now() - known.at >= MIN_AGE_MS) onKnown();
        // A socket expects the answer after the call.
        process.nextTick(() => answer(known.addresses));
        return;
      }
      this.#lookUp(name, { ...options, all: true }, (error, addresses) => {
        if (error === null) {
          this.#known = { at: now(), addresses };
          this.#isOld = false;
          answer(addresses);
        } else if (known !== undefined && codeOf(error) === 'EAI_AGAIN' && now() - known.at < MAX_STALE_MS)
          answer(known.addresses);
        else callback(error, []);
      });
    };
  }

  /** Nothing could be reached at the known addresses: the next connection looks up anew. */
  renew(): void {
    this.#isOld = true;
  }

  reached(address: string | undefined): void {
    if (address !== undefined) this.#avoided.delete(address);
  }

  /** Comes after the others for a while. */
  avoid(address: string): void {
    this.#avoided.set(address, now() + AVOID_MS);
  }

  #ordered(addresses: LookupAddress[]): LookupAddress[] {
    if (this.#avoided.size === 0) return addresses;
    for (const [address, until] of this.#avoided) if (until <= now()) this.#avoided.delete(address);
    const isAvoided = ({ address }: LookupAddress): number => Number(this.#avoided.has(address));
    return addresses.toSorted((one, other) => isAvoided(one) - isAvoided(other));
  }
}
