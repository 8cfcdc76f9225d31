import type { Requirement } from './requirement.ts';

const TRANSPORTS = 'MCP 2025-11-25, basic/transports';
const MODERN_TRANSPORTS = 'MCP 2026-07-28, basic/transports';
const LIFECYCLE = 'MCP 2025-11-25, basic/lifecycle';
const CANCELLATION = 'MCP 2025-11-25, basic/utilities/cancellation';
const VERSIONING = 'MCP 2026-07-28, basic/versioning';
const MRTR = 'MCP 2026-07-28, basic/patterns/multi-round-trip';

/** What the texts of the Model Context Protocol say, as far as we build on it. */
export const MCP: readonly Requirement[] = [
  [
    'MCP-SESSION-1',
    TRANSPORTS,
    'A server may assign a session id in the header of the response that holds the InitializeResult.',
  ],
  [
    'MCP-SESSION-2',
    TRANSPORTS,
    'A session id is globally unique: requests with different ids belong to different sessions.',
  ],
  ['MCP-SESSION-4', TRANSPORTS, 'A server may assign no session id; its clients then send none.'],
  [
    'MCP-SESSION-5',
    TRANSPORTS,
    'A server answers 404 to a session id that it has ended; the client starts anew without one.',
  ],
  ['MCP-SESSION-6', TRANSPORTS, 'A client ends a session with DELETE.'],
  ['MCP-SESSION-7', TRANSPORTS, 'A server may answer DELETE with 405: sessions cannot be ended by clients.'],
  [
    'MCP-STDIO-1',
    TRANSPORTS,
    'Over stdio a server is a subprocess of its client; messages are lines, and its end is the end of the conversation.',
  ],
  [
    'MCP-LIFECYCLE-1',
    LIFECYCLE,
    'The revision that is spoken is the one in the result of initialize, not the one asked for.',
  ],
  [
    'MCP-ERA-1',
    VERSIONING,
    'Every request of 2026-07-28 and later names its revision in _meta; the header mirrors it.',
  ],
  [
    'MCP-ERA-2',
    VERSIONING,
    'A client of both eras probes with server/discover and falls back to initialize on the same URL.',
  ],
  ['MCP-ERA-3', MODERN_TRANSPORTS, 'MCP-Protocol-Version is on every POST, also of what has no _meta.'],
  ['MCP-MODERN-1', VERSIONING, 'There is no initialize: any request may be the first.'],
  ['MCP-MODERN-2', MODERN_TRANSPORTS, 'There are no protocol sessions: a server ignores Mcp-Session-Id.'],
  ['MCP-MODERN-3', MODERN_TRANSPORTS, 'An unknown method is answered with HTTP 404 and -32601.'],
  [
    'MCP-MODERN-4',
    MODERN_TRANSPORTS,
    'When the stream of a response breaks, the request is lost: there is no resumption.',
  ],
  ['MCP-META-2', VERSIONING, 'A request says who its client is in _meta: io.modelcontextprotocol/clientInfo.'],
  ['MCP-META-3', VERSIONING, 'A result says who the server is in _meta: io.modelcontextprotocol/serverInfo.'],
  ['MCP-PROBE-1', VERSIONING, 'A refused or unknown server/discover means a legacy server: it is no failure.'],
  ['MCP-PROBE-2', VERSIONING, 'A server error or a timeout is no evidence of an era: the probe has failed.'],
  [
    'MCP-PROBE-3',
    VERSIONING,
    'A probe may be answered by an error of any code, -32022 among them, or by HTTP 400 alone.',
  ],
  ['MCP-BRIDGE-1', 'mcp-remote 0.15', 'A bridge opens a throw-away session to learn whether the endpoint answers.'],
  [
    'MCP-SSE-1',
    'MCP 2024-11-05, basic/transports',
    'The first event names the endpoint for POSTs; answers come on the event stream, never on the POST.',
  ],
  ['MCP-SSE-2', TRANSPORTS, 'A stream may begin with an event that has an id and empty data.'],
  ['MCP-STREAM-1', TRANSPORTS, 'A client may hold a GET stream open for as long as its session lasts.'],
  ['MCP-STREAM-2', MODERN_TRANSPORTS, 'subscriptions/listen is answered by a stream without an end in sight.'],
  ['MCP-STREAM-3', MODERN_TRANSPORTS, 'How long a standing stream lasts says nothing of how fast a server is.'],
  ['MCP-STREAM-4', TRANSPORTS, 'Events of a stream arrive one by one, as the server sends them.'],
  ['MCP-STREAM-5', TRANSPORTS, 'A stream may be silent for any time.'],
  ['MCP-STREAM-6', TRANSPORTS, 'A client may hold several streams at the same time.'],
  [
    'MCP-RESUME-1',
    TRANSPORTS,
    'After a disconnection a client may resume with GET and Last-Event-ID; the answer may come there.',
  ],
  ['MCP-RESUME-2', TRANSPORTS, 'A server may close a stream before the answer, once it has sent an event with an id.'],
  ['MCP-RESUME-3', TRANSPORTS, 'Events are sent again after a resumption; an id names one event of a session.'],
  [
    'MCP-CANCEL-1',
    CANCELLATION,
    'notifications/cancelled names the request by its id; its receiver should not answer.',
  ],
  ['MCP-CANCEL-2', CANCELLATION, 'An answer may arrive after the cancellation.'],
  ['MCP-CANCEL-3', MODERN_TRANSPORTS, 'A client that closes the stream of a response has cancelled the request.'],
  ['MCP-CANCEL-5', CANCELLATION, 'The sender of a cancellation should ignore a response that arrives afterwards.'],
  ['MCP-CANCEL-4', TRANSPORTS, 'Disconnection should not be interpreted as the client cancelling.'],
  [
    'MCP-BATCH-1',
    'MCP 2025-03-26, basic/transports',
    'A body may be an array of requests and notifications, or of responses.',
  ],
  ['MCP-BATCH-2', 'MCP 2025-03-26, basic', 'Implementations must support receiving batches.'],
  ['MCP-SERVER-REQUEST-1', TRANSPORTS, 'A server may send requests on any stream; the client answers with a new POST.'],
  [
    'MCP-LIST-1',
    'MCP 2025-11-25, server/tools',
    'A server says with notifications/tools/list_changed that a list is old.',
  ],
  ['MCP-LIST-2', 'MCP 2025-11-25, server/utilities/pagination', 'A list goes on at nextCursor until there is none.'],
  ['MCP-CACHE-1', 'MCP 2026-07-28, server/utilities/caching', 'A result holds for its ttlMs.'],
  [
    'MCP-PROGRESS-1',
    'MCP 2025-11-25, basic/utilities/progress',
    'A progress notification names its request by a token, text or number.',
  ],
  ['MCP-MRTR-1', MRTR, 'A further round carries inputResponses or requestState under a new id.'],
  ['MCP-MRTR-2', MRTR, 'resultType input_required is a result, not an error.'],
  ['MCP-MRTR-3', MRTR, 'Several rounds are one call.'],
  ['MCP-ORIGIN-1', TRANSPORTS, 'A local server should accept local connections only.'],
  ['MCP-ORIGIN-2', TRANSPORTS, 'A server must validate Origin against DNS rebinding and answer 403.'],
  [
    'MCP-ORIGIN-3',
    'MCP conformance, dns-rebinding-protection',
    'A server behind a proxy checks the Host that the client sent.',
  ],
  ['MCP-ORIGIN-4', TRANSPORTS, 'The check holds for the HTTP server as a whole, before anything is forwarded.'],
  ['MCP-HEADER-1', MODERN_TRANSPORTS, 'Intermediaries forward header fields that they do not know.'],
  [
    'MCP-ERROR-1',
    MODERN_TRANSPORTS,
    'A gateway error of its own is no JSON-RPC error: clients would take it for the server’s.',
  ],
  ['MCP-ERROR-2', TRANSPORTS, 'Status and body of an error decide what the client does next: they pass unchanged.'],
  ['MCP-ABORT-1', MODERN_TRANSPORTS, 'A disconnection is a cancellation: it must reach the server.'],
  ['MCP-ABORT-2', TRANSPORTS, 'A stream that was cut off must not look like one that ended.'],
  [
    'JSONRPC-ID-1',
    'JSON-RPC 2.0, 5',
    'A response has the id of its request: text or number, 0 and the empty text included.',
  ],
  ['JSONRPC-ID-2', 'JSON-RPC 2.0, 4', 'The text "1" and the number 1 are different ids.'],
  ['JSONRPC-ID-3', 'MCP 2026-07-28, basic', 'Ids are unique among the open requests of one sender only.'],
  ['JSONRPC-ID-4', TRANSPORTS, 'An HTTP error may carry a JSON-RPC error without an id.'],
  ['JSONRPC-ID-5', 'MCP 2025-11-25, basic', 'Client and server each have ids of their own.'],
  ['JSONRPC-MESSAGE-1', 'JSON-RPC 2.0, 4.1', 'A request without an id is a notification.'],
  ['JSONRPC-MESSAGE-2', 'MCP 2025-11-25, basic', 'Unlike base JSON-RPC, the id of a request must not be null.'],
  ['JSONRPC-MESSAGE-3', 'JSON-RPC 2.0, 4', 'An id is text or a number.'],
  ['JSONRPC-MESSAGE-4', 'RFC 8259, 4', 'Members of an object come in any order.'],
];
