import type { Exchange } from '../observe/observation.ts';
import { keepNewest } from '../transport/bounded.ts';

const MAX_ENDPOINTS = 10_000;
const MAX_ENDPOINT_CHARS = 2_048;
/** How a request names its session whose stream began before we did. The SDKs' spellings; a new one needs a stream. */
const QUERY_NAMES = ['sessionId', 'session_id', 'sessionid'] as const;

/**
 * Endpoints of HTTP+SSE (2024-11-05): the stream's first event says where its client is to send its requests, in any
 * form (`/messages/?session_id=…`, `/mcp_server/messages/ID`, `?sessionId=…`). A request belongs to the stream whose
 * endpoint it was sent to, path and query; names of parameters say nothing.
 */
export class Endpoints {
  /** Session ids, by path and query. */
  readonly #sessions = new Map<string, string>();
  readonly #targets = new Map<Exchange, string>();

  /** A stream has given out its endpoint. Returns whether it leads its client to us or elsewhere. */
  add(stream: Exchange): 'here' | 'elsewhere' {
    const { request, endpoint = '' } = stream;
    if (request.carrier === 'stdio' || endpoint.length > MAX_ENDPOINT_CHARS) return 'here';
    const host = `http://${request.host ?? 'localhost'}`;
    const base = URL.parse(request.path + request.query, host);
    const url = base === null ? null : URL.parse(endpoint, base.href);
    if (base === null || url === null) return 'here';
    const target = url.pathname + url.search;
    stream.endpointSessionId = sessionIdIn(url);
    this.#sessions.set(target, stream.endpointSessionId);
    keepNewest(this.#sessions, MAX_ENDPOINTS);
    this.#targets.set(stream, target);
    return url.host === base.host ? 'here' : 'elsewhere';
  }

  /** The session of the endpoint that a request was sent to. */
  sessionIdOf({ request }: Exchange): string | undefined {
    if (request.carrier === 'stdio' || request.method !== 'POST') return undefined;
    const known = this.#sessions.size === 0 ? undefined : this.#sessions.get(request.path + request.query);
    if (known !== undefined || request.query === '' || request.sessionId !== undefined) return known;
    const query = new URLSearchParams(request.query);
    for (const name of QUERY_NAMES) if (query.has(name)) return query.get(name) ?? undefined;
    return undefined;
  }

  /** A stream has closed. Returns whether it had given out an endpoint. */
  remove(stream: Exchange): boolean {
    const target = this.#targets.get(stream);
    if (target === undefined) return false;
    this.#targets.delete(stream);
    this.#sessions.delete(target);
    return true;
  }
}

/** What differs from stream to stream: the one parameter, else the end of the path, else all of it. */
function sessionIdIn({ pathname, search, searchParams }: URL): string {
  const [only, ...more] = searchParams.values();
  if (more.length > 0) return pathname + search;
  return only ?? pathname.split('/').findLast((part) => part !== '') ?? pathname;
}
