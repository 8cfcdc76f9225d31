import type { RequestFacts } from '../observe/facts.ts';
import { clientFromHeaders, type Client, UNKNOWN } from './client.ts';
import type { Era } from './era.ts';
import { principalOf } from './principal.ts';
import type { SessionSource } from './session.ts';

export interface GroupingOptions {
  /** Which derived sources are used. */
  group: readonly ('conversation' | 'principal' | 'peer')[];
  listensOnLoopback: boolean;
}

/** Which session a request belongs to, and how that is known. `key` is unique over all sources; `none` has none. */
export interface Grouping {
  source: SessionSource;
  key: string | undefined;
}

/** There is one wrapped process. */
export const PROCESS = { source: 'process', key: 'process' } as const satisfies Grouping;

export const headerKey = (sessionId: string): string => `header\0${sessionId}`;

/** The session id of a request: the header, or the query of 2024-11-05. Modern requests have none, whatever they send. */
export const sessionIdOf = (request: RequestFacts, era: Era): string | undefined =>
  era === 'modern' ? undefined : (request.sessionId ?? request.querySessionId);

/** It comes from this machine, as far as can be told: not through another proxy, which could bring anybody. */
export const isLoopbackPeer = (
  request: RequestFacts,
  { listensOnLoopback }: Pick<GroupingOptions, 'listensOnLoopback'>,
): boolean => listensOnLoopback && !request.forwarded;

/** Where a request without a session id, or whose handshake was answered without one, belongs: the first source that applies. */
export function deriveGrouping(
  request: RequestFacts,
  conversation: string | undefined,
  client: Client,
  options: GroupingOptions,
): Grouping {
  if (request.carrier === 'stdio') return PROCESS;
  const { group } = options;
  if (conversation !== undefined && group.includes('conversation')) {
    return { source: 'conversation', key: `conversation\0${conversation}` };
  }
  const caller = client.known ?? client.name ?? UNKNOWN;
  if (request.credential !== undefined && group.includes('principal')) {
    return { source: 'principal', key: `principal\0${principalOf(request.credential)}\0${caller}` };
  }
  if (isLoopbackPeer(request, options) && group.includes('peer')) {
    return { source: 'peer', key: `peer\0${caller}` };
  }
  return { source: 'none', key: undefined };
}

/** A client's answer names no method and no `_meta`: without a session id, only its credential and agent tell. */
export const derivedKeyOf = (request: RequestFacts, options: GroupingOptions): string | undefined =>
  deriveGrouping(request, undefined, clientFromHeaders(request), options).key;
