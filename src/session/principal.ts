import type { RequestFacts } from '../observe/facts.ts';
import { isObject, textAt } from '../observe/json-object.ts';
import { hash } from 'node:crypto';

const HEX_DIGITS = 32;

/**
 * Who a credential stands for, as a hash, for grouping only. The hash is of a JWT's issuer and subject, unverified, so
 * that a renewed token is the same principal; else of the credential itself. The credential goes no further.
 */
export const principalOf = (credential: string): string =>
  hash('sha256', personIn(credential), 'hex').slice(0, HEX_DIGITS);

/** Who a credential stands for, to be hashed at once: a secret. */
export function personIn(credential: string): string {
  const token = /^(?:Bearer|DPoP)\s+(\S+)$/i.exec(credential)?.[1];
  // One token is one principal, however its scheme is written (RFC 6750, RFC 9449).
  return token === undefined ? credential : (subjectOf(token) ?? `Bearer ${token}`);
}

/** Who a request comes from, by its credential. */
export const principalIn = ({ credential }: RequestFacts): string | undefined =>
  credential === undefined ? undefined : principalOf(credential);

function subjectOf(token: string): string | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || signature === undefined || more.length > 0) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (!isObject(claims)) return undefined;
    const issuer = textAt(claims, 'iss');
    const subject = textAt(claims, 'sub');
    return subject === undefined ? undefined : `jwt\0${issuer ?? ''}\0${subject}`;
  } catch {
    return undefined;
  }
}
