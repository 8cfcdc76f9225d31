import type { RequestFacts } from '../observe/facts.ts';
import type { Exchange } from '../observe/observation.ts';
import { clientFromHeaders, type Client, UNKNOWN } from './client.ts';
import type { Era } from './era.ts';
import { principalOf } from './principal.ts';
import type { SessionSource } from './session.ts';

export interface GroupingOptions {
  /** Which derived sources are used. */
  group: readonly ('conversation' | 'principal' | 'peer')[];
  listensOnLoopback: boolean;
}

/** The session a request belongs to, and how that is known. `key` is unique across all sources; `none` has no key. */
export interface Grouping {
  source: SessionSource;
  key: string | undefined;
}

/** Only one process is wrapped. */
export const PROCESS = { source: 'process', key: 'process' } as const satisfies Grouping;

export const headerKey = (sessionId: string): string => `header\0${sessionId}`;

/**
 * The session id of a request: that of the endpoint it was sent to, in any revision; else that of its header. The header
 * of a modern request is ignored.
 */
export const sessionIdOf = ({ request, endpointSessionId }: Exchange, era: Era): string | undefined =>
  endpointSessionId ?? (era === 'modern' ? undefined : request.sessionId);

/** It seems to come from this machine. A request through another proxy does not count: it could come from anyone. */
export const isLoopbackPeer = (
  request: RequestFacts,
  { listensOnLoopback }: Pick<GroupingOptions, 'listensOnLoopback'>,
): boolean => listensOnLoopback && !request.forwarded;

/** Groups a request that has no session id, or whose handshake was answered without one: the first source that applies wins. */
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

/** A client's answer has no method and no `_meta`. Without a session id, only its credential and agent identify it. */
export const derivedKeyOf = (request: RequestFacts, options: GroupingOptions): string | undefined =>
  deriveGrouping(request, undefined, clientFromHeaders(request), options).key;
