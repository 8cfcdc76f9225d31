import type { Exchange } from '../observe/observation.ts';
import { keepNewest } from '../transport/bounded.ts';

const MAX_ENDPOINTS = 10_000;
const MAX_ENDPOINT_CHARS = 2_048;
/** Query parameters that name the session when its stream began before mcpspan did. These are the SDKs' spellings. */
const QUERY_NAMES = ['sessionId', 'session_id', 'sessionid'] as const;

/**
 * Endpoints of HTTP+SSE (2024-11-05). The stream's first event tells the client where to send its requests, in any form
 * (`/messages/?session_id=…`, `/mcp_server/messages/ID`, `?sessionId=…`). A request belongs to the stream whose endpoint
 * matches its path and query; the names of parameters do not matter.
 */
export class Endpoints {
  /** By path and query: the stream that announced this endpoint, the latest one if several did. */
  readonly #streams = new Map<string, Exchange>();
  /** By open stream: the path and query of its endpoint. */
  readonly #targets = new Map<Exchange, string>();

  /**
   * An open stream has announced its endpoint; only the first one counts. Returns the endpoint's host if it is not the
   * host that the client used.
   */
  add(stream: Exchange): string | undefined {
    const { request, endpoint = '' } = stream;
    if (request.carrier === 'stdio' || endpoint.length > MAX_ENDPOINT_CHARS || this.#targets.has(stream))
      return undefined;
    const base = URL.parse(request.path + request.query, `http://${request.host ?? 'localhost'}`);
    const url = base === null ? null : URL.parse(endpoint, base.href);
    if (base === null || url === null) return undefined;
    const target = url.pathname + url.search;
    stream.endpointSessionId = request.sessionId ?? sessionIdIn(url);
    this.#streams.delete(target);
    this.#streams.set(target, stream);
    keepNewest(this.#streams, MAX_ENDPOINTS);
    this.#targets.set(stream, target);
    return url.host === base.host ? undefined : url.host;
  }

  /** The session of the endpoint to which a request was sent. */
  sessionIdOf({ request }: Exchange): string | undefined {
    if (request.carrier === 'stdio' || request.method !== 'POST') return undefined;
    const stream = this.#streams.size === 0 ? undefined : this.#streams.get(request.path + request.query);
    if (stream !== undefined) return stream.endpointSessionId;
    if (request.query === '' || request.sessionId !== undefined) return undefined;
    const query = new URLSearchParams(request.query);
    for (const name of QUERY_NAMES) if (query.has(name)) return query.get(name) ?? undefined;
    return undefined;
  }

  /** A stream has closed. Returns whether its endpoint no longer works. */
  remove(stream: Exchange): boolean {
    const target = this.#targets.get(stream);
    this.#targets.delete(stream);
    return target !== undefined && this.#streams.get(target) === stream && this.#streams.delete(target);
  }
}

/** The part that differs between streams: the only parameter, else the end of the path, else the whole path. */
function sessionIdIn({ pathname, search, searchParams }: URL): string {
  const [only, ...more] = searchParams.values();
  if (more.length > 0) return pathname + search;
  return only ?? pathname.split('/').findLast((part) => part !== '') ?? pathname;
}
