/** What the observer needs from a request's head, read in one pass. Absent headers are undefined. */
export interface RequestFacts {
  method: string;
  /** The path, without its query. */
  path: string;
  /** The `sessionId` of the query, by which 2024-11-05 names a session. */
  querySessionId: string | undefined;
  httpVersion: string;
  /** It is not an HTTP request but the whole conversation with a wrapped process. */
  pipe: boolean;
  sessionId: string | undefined;
  protocolVersion: string | undefined;
  mcpMethod: string | undefined;
  mcpName: string | undefined;
  userAgent: string | undefined;
  anthropicClient: string | undefined;
  /** `Authorization`, else `x-api-key`, as sent. It never leaves the process: whoever uses it uses a hash. */
  credential: string | undefined;
  traceParent: string | undefined;
  contentEncoding: string | undefined;
  /** It came through another proxy. */
  forwarded: boolean;
  /** All headers, as names and values by turns, for those that the operator asks for. */
  headers: readonly string[];
}

export interface AnswerFacts {
  status: number;
  sessionId: string | undefined;
  /** The media type in lower case, without parameters. */
  mediaType: string | undefined;
  contentEncoding: string | undefined;
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
    'via',
    'forwarded',
    'x-forwarded-for',
  ].map((name) => name.length),
);

export function readRequestFacts(
  method: string,
  target: string,
  httpVersion: string,
  headers: readonly string[],
): RequestFacts {
  const query = target.indexOf('?');
  const facts: RequestFacts = {
    method,
    path: query < 0 ? target : target.slice(0, query),
    querySessionId: query < 0 ? undefined : (new URLSearchParams(target.slice(query)).get('sessionId') ?? undefined),
    httpVersion,
    pipe: httpVersion === '',
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
  const facts: AnswerFacts = { status, sessionId: undefined, mediaType: undefined, contentEncoding: undefined };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    if (name.length === 14 && name.toLowerCase() === 'mcp-session-id') facts.sessionId = value;
    else if (name.length === 12 && name.toLowerCase() === 'content-type') {
      facts.mediaType = (value.split(';')[0] ?? '').trim().toLowerCase();
    } else if (name.length === 16 && name.toLowerCase() === 'content-encoding') facts.contentEncoding = value;
  }
  return facts;
}
