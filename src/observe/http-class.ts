import type { HttpFacts } from './facts.ts';
import type { Exchange } from './observation.ts';

/** What an HTTP exchange was about, as far as it matters to an MCP server: a bounded word for its path, which is not told. */
export type HttpClass = 'mcp' | 'oauth-metadata' | 'oauth' | 'page' | 'other';

const MAX_PATHS = 64;
const OAUTH = /\/(?:authorize|introspect|register|revoke|token)\/?$/;
const METADATA = '/.well-known/';
const PAGES: ReadonlySet<string | undefined> = new Set(['text/html', 'application/xhtml+xml']);

/** Of an exchange that is over. */
export function httpClassOf(exchange: Exchange): HttpClass {
  const { request, answer } = exchange;
  if (request.carrier === 'stdio' || exchange.spokeMcp || namesMcp(request)) return 'mcp';
  if (request.path.includes(METADATA)) return 'oauth-metadata';
  if (OAUTH.test(request.path)) return 'oauth';
  if (answer?.mediaType === 'text/event-stream' || asksForStream(request)) return 'mcp';
  return PAGES.has(answer?.mediaType) ? 'page' : 'other';
}

/** Which paths MCP is spoken on: a body that is no JSON-RPC is odd there, and elsewhere is none of our business. */
export class McpPaths {
  readonly #paths = new Set<string>();

  /** A JSON-RPC message came on this exchange. */
  spoken(exchange: Exchange): void {
    exchange.spokeMcp = true;
    const { request } = exchange;
    if (request.carrier === 'http' && this.#paths.size < MAX_PATHS) this.#paths.add(request.path);
  }

  /** It is meant to be MCP: by its headers, by where it was sent, or, while no path is known, by having nothing else in view. */
  isMeant(exchange: Exchange): boolean {
    const { request } = exchange;
    if (request.carrier === 'stdio' || exchange.spokeMcp || exchange.endpoint !== undefined) return true;
    if (namesMcp(request)) return true;
    if (request.path.includes(METADATA) || OAUTH.test(request.path)) return false;
    return request.method === 'POST' && (this.#paths.size === 0 || this.#paths.has(request.path));
  }
}

const namesMcp = ({ sessionId, protocolVersion, mcpMethod }: HttpFacts): boolean =>
  sessionId !== undefined || protocolVersion !== undefined || mcpMethod !== undefined;

/** A GET of a standing stream, though it may be refused. */
function asksForStream({ method, headers }: HttpFacts): boolean {
  if (method !== 'GET') return false;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'accept');
  return at >= 0 && headers[at + 1]?.includes('text/event-stream') === true;
}
