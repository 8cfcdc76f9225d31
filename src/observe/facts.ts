import type { Carrier } from '../transport/wire/wire-event.ts';
import { readChallenge, type Challenge } from './sign-in.ts';

/** Who is calling, for which session, in which revision: read in one pass. Absent headers are undefined. */
interface CallerFacts {
  sessionId: string | undefined;
  protocolVersion: string | undefined;
  mcpMethod: string | undefined;
  mcpName: string | undefined;
  userAgent: string | undefined;
  anthropicClient: string | undefined;
  /** `Authorization`, else `x-api-key`, as sent. It never leaves the process; only a hash of it is used. */
  credential: string | undefined;
  traceParent: string | undefined;
  contentEncoding: string | undefined;
  /** It came through another proxy. */
  forwarded: boolean;
  /** `mcpspan probe` sends it, whichever client it plays. */
  probe: boolean;
  /** The name its client knows us by: to tell whether an endpoint leads elsewhere. */
  host: string | undefined;
  /** It asks for a stream to go on after this event. */
  lastEventId: string | undefined;
  /** All headers, as names and values by turns, for those that the operator asks for. */
  headers: readonly string[];
}

export interface HttpFacts extends CallerFacts {
  carrier: 'http';
  method: string;
  /** Without query. */
  path: string;
  /** With its question mark; empty: there is none. */
  query: string;
  httpVersion: string;
  /** Stands for the address that it came from, in this process alone; 0: unknown. */
  peer: number;
  /** It may belong to a session that nobody tells of. */
  sessionUntold: boolean;
}

/** A wrapped process has no headers: its messages alone tell who is calling. */
export interface StdioFacts extends CallerFacts {
  carrier: 'stdio';
}

export type RequestFacts = HttpFacts | StdioFacts;

export interface AnswerFacts {
  status: number;
  sessionId: string | undefined;
  /** The media type in lower case, without parameters. */
  mediaType: string | undefined;
  contentEncoding: string | undefined;
  /** Of a 401 or 403; undefined: it has none. */
  challenge: Challenge | undefined;
}

const NAME_LENGTHS: ReadonlySet<number> = new Set(
  [
    'mcp-session-id',
    'mcp-protocol-version',
    'mcp-method',
    'mcp-name',
    'user-agent',
    'x-anthropic-client',
    'authorization',
    'x-api-key',
    'traceparent',
    'content-encoding',
    'host',
    'last-event-id',
    'mcpspan-probe',
    'via',
    'forwarded',
    'x-forwarded-for',
  ].map((name) => name.length),
);

const NO_HEADERS: CallerFacts = {
  sessionId: undefined,
  protocolVersion: undefined,
  mcpMethod: undefined,
  mcpName: undefined,
  userAgent: undefined,
  anthropicClient: undefined,
  credential: undefined,
  traceParent: undefined,
  contentEncoding: undefined,
  forwarded: false,
  probe: false,
  host: undefined,
  lastEventId: undefined,
  headers: [],
};

export const factsOf = (carrier: Carrier): RequestFacts =>
  carrier.kind === 'stdio' ? { carrier: 'stdio', ...NO_HEADERS } : readHead(carrier);

function readHead(carrier: Extract<Carrier, { kind: 'http' }>): HttpFacts {
  const { method, target, httpVersion, headers, peer = 0 } = carrier;
  const query = target.indexOf('?');
  const facts: HttpFacts = {
    carrier: 'http',
    method,
    path: query < 0 ? target : target.slice(0, query),
    query: query < 0 ? '' : target.slice(query),
    httpVersion,
    peer,
    sessionUntold: carrier.sessionUntold === true,
    ...NO_HEADERS,
    headers,
  };
  let apiKey: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? '';
    const name = headers[index] ?? '';
    // Most headers are of no interest; comparing lengths rules them out faster than comparing letters.
    if (!NAME_LENGTHS.has(name.length)) continue;
    switch (name.toLowerCase()) {
      case 'mcp-session-id':
        facts.sessionId = value;
        break;
      case 'mcp-protocol-version':
        facts.protocolVersion = value;
        break;
      case 'mcp-method':
        facts.mcpMethod = value;
        break;
      case 'mcp-name':
        facts.mcpName = value;
        break;
      case 'user-agent':
        facts.userAgent = value;
        break;
      case 'x-anthropic-client':
        facts.anthropicClient = value;
        break;
      case 'authorization':
        facts.credential = value;
        break;
      case 'x-api-key':
        apiKey = value;
        break;
      case 'traceparent':
        facts.traceParent = value;
        break;
      case 'content-encoding':
        facts.contentEncoding = value;
        break;
      case 'host':
        facts.host = value;
        break;
      case 'last-event-id':
        facts.lastEventId = value;
        break;
      case 'mcpspan-probe':
        facts.probe = true;
        break;
      case 'via':
      case 'forwarded':
      case 'x-forwarded-for':
        facts.forwarded = true;
        break;
    }
  }
  facts.credential ??= apiKey;
  return facts;
}

export function readAnswerFacts(status: number, headers: readonly string[]): AnswerFacts {
  const facts: AnswerFacts = {
    status,
    sessionId: undefined,
    mediaType: undefined,
    contentEncoding: undefined,
    challenge: undefined,
  };
  const refuses = status === 401 || status === 403;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    if (name.length === 14 && name.toLowerCase() === 'mcp-session-id') facts.sessionId = value;
    else if (name.length === 12 && name.toLowerCase() === 'content-type') {
      facts.mediaType = (value.split(';')[0] ?? '').trim().toLowerCase();
    } else if (name.length === 16 && name.toLowerCase() === 'content-encoding') facts.contentEncoding = value;
    else if (refuses && name.toLowerCase() === 'www-authenticate')
      facts.challenge = readChallenge(value, facts.challenge);
  }
  return facts;
}
