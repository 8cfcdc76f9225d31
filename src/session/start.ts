import { type JsonObject, objectAt, textAt } from '../observe/json-object.ts';
import { idAt, type Message } from '../observe/message.ts';
import type { Exchange } from '../observe/observation.ts';
import { randomSpanId } from '../transport/trace/trace-id.ts';
import { parseTraceParent } from '../transport/trace/trace-parent.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import { clientFromHeaders, clientFromInfo, type Client } from './client.ts';
import type { FindConversation } from './conversation.ts';
import type { Introductions } from './introductions.ts';
import { META, readRevision, type Era } from './era.ts';
import { deriveGrouping, headerKey, PROCESS, sessionIdOf, type Grouping, type GroupingOptions } from './grouping.ts';
import { RESOURCE_METHODS } from './methods.ts';
import type { Operation } from './operation.ts';
import type { Session } from './session.ts';

export interface StartOptions extends GroupingOptions {
  findConversation: FindConversation;
  /** The live session with this key, and what is remembered of an ended one. */
  session(key: string): Session | undefined;
  remembered(key: string): Pick<Session, 'client' | 'face'> | undefined;
  introductions: Introductions;
  /** Make a span of its own for the upstream's part of an operation. */
  legs: boolean;
}

type Call = Extract<Message, { kind: 'request' | 'notification' }>;

/** Starts the operation of a client's request or notification: who sent it, what it asks, and its session. */
export function startClientOperation(
  exchange: Exchange,
  message: Call,
  at: number,
  bytes: number,
  chosenSpan: boolean,
  options: StartOptions,
): Operation {
  const { request } = exchange;
  const { method, params } = message;
  const meta = objectAt(params, '_meta');
  const said = readRevision(method, meta, params, request);
  // A session may have been opened in the revision without sessions. Then its header is not a leftover.
  const minted =
    said.inBody || request.sessionId === undefined ? undefined : options.session(headerKey(request.sessionId));
  const era = minted?.era ?? said.era;
  const info = objectAt(
    method === 'initialize' ? params : meta,
    method === 'initialize' ? 'clientInfo' : META.clientInfo,
  );
  const named = info === undefined ? undefined : clientFromInfo(info, request);
  const own = ownGrouping(exchange, method, era);
  const owned = own?.key;
  let session = owned === undefined ? undefined : options.session(owned);
  const owner = session ?? (owned === undefined ? undefined : options.remembered(owned));
  const nameless = named === undefined && owner === undefined && era === 'legacy' && owned === undefined;
  const introduced = nameless ? options.introductions.who(request, at) : undefined;
  const face = clientFromHeaders(request);
  const client = named ?? otherFace(face, owner) ?? owner?.client ?? introduced ?? face;
  const conversation = options.findConversation(meta, request, client.known ?? '');
  // A first `initialize` belongs to the session that its answer will name.
  const grouping: Grouping =
    own ??
    (method === 'initialize'
      ? { source: 'none', key: undefined }
      : deriveGrouping(request, conversation, client, options));
  if (owned === undefined && grouping.key !== undefined) session = options.session(grouping.key);
  const operation = begin(exchange, message, 'to-server', at, bytes, {
    era,
    client,
    source: grouping.source,
    grouping,
    carriedBy: undefined,
    conversation,
    chosen: chosenSpan ? exchange.span?.spanId : undefined,
    legs: options.legs,
    parent: undefined,
  });
  operation.protocolVersion = said.version ?? (session?.era === era ? session.protocolVersion : undefined);
  return operation;
}

/** The session that a request names. A first `initialize` belongs to the session that its answer will name. */
function ownGrouping(exchange: Exchange, method: string, era: Era): Grouping | undefined {
  const { request, endpointSessionId } = exchange;
  if (request.carrier === 'stdio') return PROCESS;
  const id = sessionIdOf(exchange, era);
  if (id === undefined) return undefined;
  if (method === 'initialize' && request.sessionId === undefined && endpointSessionId === undefined) return undefined;
  return { source: 'header', key: headerKey(id) };
}

/** Products of one vendor share sessions. A request belongs to the product in its headers, if that differs from its session's. */
function otherFace(face: Client, owner: Pick<Session, 'client' | 'face'> | undefined): Client | undefined {
  if (owner === undefined || face.known === undefined) return undefined;
  return face.known === owner.face.known || face.known === owner.client.known ? undefined : face;
}

/** Starts the operation of a server's request, where the roles are reversed. It hangs from the call whose stream carried it. */
export function startServerOperation(
  exchange: Exchange,
  message: Call,
  at: number,
  bytes: number,
  parent: Operation | undefined,
  session: Session | undefined,
): Operation {
  const operation = begin(exchange, message, 'to-client', at, bytes, {
    era: parent?.era ?? session?.era ?? 'legacy',
    client: parent?.client ?? session?.client ?? clientFromHeaders(exchange.request),
    source: parent?.source ?? session?.source ?? 'none',
    grouping: undefined,
    carriedBy: session,
    conversation: parent?.conversation ?? session?.conversation,
    chosen: undefined,
    legs: false,
    parent,
  });
  operation.protocolVersion = parent?.protocolVersion ?? session?.protocolVersion;
  return operation;
}

interface Origin {
  era: Operation['era'];
  client: Client;
  source: Operation['source'];
  grouping: Grouping | undefined;
  carriedBy: Session | undefined;
  conversation: string | undefined;
  /** The span that the upstream got in `traceparent`. */
  chosen: string | undefined;
  /** The upstream's part gets a span of its own. */
  legs: boolean;
  parent: Operation | undefined;
}

function begin(
  exchange: Exchange,
  message: Call,
  direction: Direction,
  at: number,
  bytes: number,
  origin: Origin,
): Operation {
  const { method, params } = message;
  const meta = objectAt(params, '_meta');
  return {
    direction,
    form: message.kind,
    method,
    requestId: message.kind === 'request' ? message.id : undefined,
    target: targetOf(method, params),
    uri: RESOURCE_METHODS.has(method) ? textAt(params, 'uri') : undefined,
    taskId: method.startsWith('tasks/') ? textAt(params, 'taskId') : undefined,
    toolCallId: textAt(meta, 'claudecode/toolUseId') ?? textAt(meta, 'itemId'),
    progressToken: idAt(meta, 'progressToken'),
    cursor: cursorOf(params),
    era: origin.era,
    protocolVersion: undefined,
    exchange,
    startedAt: direction === 'to-server' && exchange.request.carrier === 'http' ? exchange.openedAt : at,
    requestBytes: bytes,
    spanId: origin.legs ? randomSpanId() : (origin.chosen ?? randomSpanId()),
    legSpanId: origin.legs ? (origin.chosen ?? randomSpanId()) : undefined,
    callerContext: parseTraceParent(meta?.['traceparent']),
    parent: origin.parent,
    source: origin.source,
    grouping: origin.grouping,
    carriedBy: origin.carriedBy,
    conversation: origin.conversation,
    client: origin.client,
    attempt: 1,
    firstAttempt: undefined,
    fingerprint: undefined,
    capturedArguments: undefined,
    capturedResult: undefined,
    toolErrorText: undefined,
    responseBytes: 0,
    sentSpans: undefined,
    broken: undefined,
    cancelled: false,
    leftAt: 0,
    doubtedAt: 0,
    waitsSince: 0,
    events: [],
    eventsDropped: 0,
    heldSession: undefined,
    placedEarly: undefined,
    children: [],
    ended: false,
  };
}

function cursorOf({ cursor }: JsonObject): string | undefined {
  if (cursor === undefined) return undefined;
  return typeof cursor === 'string' ? cursor.toWellFormed() : (JSON.stringify(cursor) ?? '');
}

function targetOf(method: string, params: JsonObject): Operation['target'] {
  const name = textAt(params, 'name');
  if (name === undefined) return undefined;
  if (method === 'tools/call') return { kind: 'tool', name };
  return method === 'prompts/get' ? { kind: 'prompt', name } : undefined;
}
