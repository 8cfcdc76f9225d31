import { hash, randomBytes } from 'node:crypto';
import type { HttpFacts } from '../observe/facts.ts';
import { principalOf } from './principal.ts';

/** Who sends a request: the hash of a credential, and a place, which is an address with an agent. */
export interface Caller {
  principal: string | undefined;
  place: string;
  agent: string;
}

const KEY_BYTES = 32;

/** Makes callers of requests. Of an address behind other proxies only a hash is kept, with a key of this process. */
export class Callers {
  readonly #key = randomBytes(KEY_BYTES).toString('base64');

  /** What a client id is known by here. */
  clientKey(clientId: string): string {
    return hash('sha256', `${this.#key}${clientId}`, 'base64');
  }

  /** @param principal of the request's credential, where it is known */
  of(request: HttpFacts, principal?: string): Caller {
    const { credential, peer, forwarded, userAgent = '' } = request;
    const address = forwarded ? hash('sha256', `${this.#key}${originOf(request)}`, 'base64') : peer;
    return {
      principal: credential === undefined ? undefined : (principal ?? principalOf(credential)),
      place: `${address}\0${userAgent}`,
      agent: userAgent,
    };
  }
}

/** Where a request says that it comes from. */
function originOf({ headers }: HttpFacts): string {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase();
    if (name === 'x-forwarded-for' || name === 'forwarded') return headers[index + 1]?.split(',')[0]?.trim() ?? '';
  }
  return '';
}
