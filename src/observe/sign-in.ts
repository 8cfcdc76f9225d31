import { textOfMember } from './skim.ts';

/** What a request of signing in asks for (RFC 9728, 8414, 7591, 6749). */
export type SignInStep = 'resource-metadata' | 'server-metadata' | 'registration' | 'authorize' | 'token';

/** What a refusal says in `WWW-Authenticate`, as far as it is a word that we know. */
export interface Challenge {
  /** The value of `error`, if a specification defines it; `other`: another one; undefined: it names none. */
  error: string | undefined;
  /** It says where the metadata of the resource are (RFC 9728, 5.1). */
  resourceMetadata: boolean;
}

const METADATA = '/.well-known/';
const ENDPOINT = /\/(authorize|introspect|register|revoke|token)\/?$/;
const STEPS: Readonly<Record<string, SignInStep>> = {
  authorize: 'authorize',
  register: 'registration',
  token: 'token',
};
const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';
const SERVER_METADATA = /\/\.well-known\/(?:oauth-authorization-server|openid-configuration)(?:\/|$)/;

export const isMetadataPath = (path: string): boolean => path.includes(METADATA);
export const isOAuthPath = (path: string): boolean => ENDPOINT.test(path);

/** Undefined: it is no step of signing in that a client takes before it connects. */
export function signInStepOf(path: string): SignInStep | undefined {
  if (path.includes(METADATA)) {
    if (path.includes(RESOURCE_METADATA)) return 'resource-metadata';
    return SERVER_METADATA.test(path) ? 'server-metadata' : undefined;
  }
  return STEPS[ENDPOINT.exec(path)?.[1] ?? ''];
}

/** RFC 6750, 3.1; RFC 9470, 3; RFC 9449, 7.1 and 9. */
const ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_token',
  'insufficient_scope',
  'insufficient_user_authentication',
  'invalid_dpop_proof',
  'use_dpop_nonce',
]);
const ERROR = /(?:^|[\s,])error\s*=\s*(?:"([^"]*)"|([^\s",]+))/i;
const RESOURCE = /(?:^|[\s,])resource_metadata\s*=/i;

/**
 * Reads the two parameters that are of use from `WWW-Authenticate`; the rest of it may be anything.
 * @param before what another such header said
 */
export function readChallenge(value: string, before?: Challenge): Challenge {
  const found = ERROR.exec(value);
  const error = found?.[1] ?? found?.[2];
  return {
    error: error === undefined ? before?.error : ERRORS.has(error) ? error : 'other',
    resourceMetadata: before?.resourceMetadata === true || RESOURCE.test(value),
  };
}

/** The member that the requests which follow are known by, in the answers that have one (RFC 6749, 5.1; RFC 7591, 3.2.1). */
const ISSUED: Readonly<Partial<Record<SignInStep, string>>> = { token: 'access_token', registration: 'client_id' };

/** What an answer to a step of signing in gives out, for its hash; undefined: nothing that is known. */
export function issuedIn(path: string, answer: Uint8Array): string | undefined {
  const member = ISSUED[signInStepOf(path) ?? 'authorize'];
  const text = member === undefined ? undefined : textOfMember(answer, [member]);
  // Neither has characters that JSON would have to escape, but for a slash.
  return /^"([^"\\\s]+)"$/.exec(text?.replaceAll('\\/', '/') ?? '')?.[1];
}
