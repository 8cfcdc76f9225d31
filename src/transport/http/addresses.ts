import { lookup as lookUp, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { now } from '../clock.ts';

/**
 * So long the addresses of a name are used again. To look them up for each connection costs several questions to a name
 * server in a cluster; a server that has moved is found as soon.
 */
const MAX_AGE_MS = 5_000;

/** Looks up the addresses of one name, once for connections that are opened at about the same time. */
export function createLookup(): LookupFunction {
  let known: { at: number; addresses: LookupAddress[] } | undefined;
  return (name, options, callback) => {
    const answer = (addresses: LookupAddress[]): void => {
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else if (first !== undefined) callback(null, first.address, first.family);
    };
    if (known !== undefined && now() - known.at < MAX_AGE_MS) {
      const { addresses } = known;
      // A socket expects the answer after the call.
      process.nextTick(() => answer(addresses));
      return;
    }
    lookUp(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      known = { at: now(), addresses };
      answer(addresses);
    });
  };
}
