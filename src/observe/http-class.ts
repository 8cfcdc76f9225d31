import type { HttpFacts } from './facts.ts';
import type { Exchange } from './observation.ts';
import { isMetadataPath, isOAuthPath } from './sign-in.ts';

/** What an HTTP exchange was about, from the view of an MCP server. A bounded word stands for its path, which is not exported. */
export type HttpClass = 'mcp' | 'oauth-metadata' | 'oauth' | 'page' | 'other';

const MAX_PATHS = 64;
const PAGES: ReadonlySet<string | undefined> = new Set(['text/html', 'application/xhtml+xml']);

/** The class of an exchange that is over. */
export function httpClassOf(exchange: Exchange): HttpClass {
  const { request, answer } = exchange;
  if (request.carrier === 'stdio' || exchange.spokeMcp) return 'mcp';
  // The SDKs name their protocol version there, too.
  if (isMetadataPath(request.path)) return 'oauth-metadata';
  if (namesMcp(request)) return 'mcp';
  if (isOAuthPath(request.path)) return 'oauth';
  if (answer?.mediaType === 'text/event-stream' || asksForStream(request)) return 'mcp';
  return PAGES.has(answer?.mediaType) ? 'page' : 'other';
}

/** Learns on which paths MCP is spoken. A body without JSON-RPC is odd on those, and on others it does not concern us. */
export class McpPaths {
  readonly #paths = new Set<string>();

  /** A JSON-RPC message came on this exchange. */
  spoken(exchange: Exchange): void {
    exchange.spokeMcp = true;
    const { request } = exchange;
    if (request.carrier === 'http' && this.#paths.size < MAX_PATHS) this.#paths.add(request.path);
  }

  /** Whether an exchange is meant to be MCP: by its headers or its path, or because no path is known yet and it may be. */
  isMeant(exchange: Exchange): boolean {
    const { request } = exchange;
    if (request.carrier === 'stdio' || exchange.spokeMcp || exchange.endpoint !== undefined) return true;
    if (isMetadataPath(request.path)) return false;
    if (namesMcp(request)) return true;
    if (isOAuthPath(request.path)) return false;
    return request.method === 'POST' && (this.#paths.size === 0 || this.#paths.has(request.path));
  }
}

const namesMcp = ({ sessionId, protocolVersion, mcpMethod }: HttpFacts): boolean =>
  sessionId !== undefined || protocolVersion !== undefined || mcpMethod !== undefined;

/** Whether it is a GET for a standing stream, which the server may refuse. */
function asksForStream({ method, headers }: HttpFacts): boolean {
  if (method !== 'GET') return false;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'accept');
  return at >= 0 && headers[at + 1]?.includes('text/event-stream') === true;
}
