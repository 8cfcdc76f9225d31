import { isModernRevision } from '../session/methods.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import { spokenBy } from './dialects/choose.ts';
import { CONVENTIONS, type Dialect, type Fact, type Failure, type Passage } from './dialects/dialect.ts';
import { holds, valueAt } from './dialects/read-attribute.ts';
import type { AttributeValue, ReceivedSpan } from './received-span.ts';

/** What a span says of one request of MCP. Absent: it does not say. Names have at most 128 characters. */
export interface SpanOperation {
  /** Which end of the request reported it, as the kinds of OpenTelemetry say: `server` took it, `client` sent it. */
  readonly role: 'server' | 'client';
  /** Which way the request went. With `to-client` a server of MCP sent it, so that its side has the role `client`. */
  readonly direction: Direction;
  /** Who made the span: `fastmcp`, `semconv`, … (`dialects/`). */
  readonly emitter: string;
  /** The emitter makes spans of `initialize`, too. If not, a session that is new was opened by one that nobody saw. */
  readonly tellsHandshakes: boolean;
  readonly method: string;
  readonly requestId?: string;
  /** The tool or prompt. */
  readonly target?: string;
  readonly uri?: string;
  /** Never that of a request of 2026-07-28 or later, which has no session. */
  readonly sessionId?: string;
  readonly passage?: Passage;
  /** The session's id is the emitter's own: no other emitter knows it, and without sessions each request may have one. */
  readonly ownSessionId?: true;
  readonly conversationId?: string;
  readonly clientName?: string;
  readonly clientVersion?: string;
  readonly userAgent?: string;
  readonly protocolVersion?: string;
  readonly transport?: 'http' | 'stdio' | 'sse';
  /** What the server of MCP is called: by itself or by its service, else by whoever asked it. */
  readonly serverName?: string;
  /** The service that sent the request, by the resource of a client's span; */
  readonly clientService?: string;
  /** the one that took it, by that of a server's span. */
  readonly serverService?: string;
  readonly failed?: Failure;
  /** The client gave up before there was an answer. */
  readonly cancelled?: true;
  readonly httpStatus?: number;
}

const MAX_NAME_CHARS = 128;
/** A longer id is no id: a shortened one could be that of another session. */
const MAX_ID_CHARS = 1_024;
const IDS: ReadonlySet<Fact> = new Set(['requestId', 'sessionId', 'conversationId']);
const TO_CLIENT: ReadonlySet<string> = new Set(['elicitation/create', 'roots/list', 'sampling/createMessage']);
const METHODS_WITH_TARGET: ReadonlySet<string> = new Set(['prompts/get', 'tools/call']);
const METHOD = /^[a-zA-Z][\w./$-]*$/;
/** What the SDKs call a service that nobody named. */
const UNNAMED = /^unknown_service(?::|$)/;

/**
 * Reads the operation of MCP that a span tells of. It never throws, whatever the span holds.
 * @returns undefined: it tells of none, or of a notification
 */
export function readMcpSpan(span: ReceivedSpan): SpanOperation | undefined {
  const spoken = spokenBy(span);
  if (spoken === undefined) return undefined;
  const { dialect, named } = spoken;
  const role = dialect.roles?.[span.kind] ?? roleOf(span);
  if (role === undefined) return undefined;
  const fact = (which: Fact) => factOf(span, dialect, which);
  const method = fact('method') ?? nameOf(named['method']) ?? dialect.method;
  if (method === undefined || !METHOD.test(method) || method.startsWith('notifications/')) return undefined;
  const protocolVersion = fact('protocolVersion');
  const modern = protocolVersion !== undefined && isModernRevision(protocolVersion);
  const sessionId = modern ? undefined : fact('sessionId');
  const service = serviceOf(span);
  const httpStatus = statusOf(fact('httpStatus'));
  const cancelled = span.attributes.get('mcpspan.cancelled') === true;
  const operation: Writable<SpanOperation> = {
    role,
    direction: TO_CLIENT.has(method) ? 'to-client' : 'to-server',
    emitter: dialect.emitter,
    tellsHandshakes: dialect.withoutHandshakes !== true,
    method,
  };
  set(operation, 'passage', dialect.passage);
  set(operation, 'requestId', fact('requestId'));
  if (METHODS_WITH_TARGET.has(method))
    set(operation, 'target', fact('tool') ?? fact('prompt') ?? nameOf(named['tool']));
  set(operation, 'uri', fact('uri'));
  set(operation, 'sessionId', sessionId);
  if (sessionId !== undefined && dialect.ownSessionIds === true) operation.ownSessionId = true;
  set(operation, 'conversationId', fact('conversationId'));
  set(operation, 'clientName', fact('clientName'));
  set(operation, 'clientVersion', fact('clientVersion'));
  set(operation, 'userAgent', fact('userAgent'));
  set(operation, 'protocolVersion', protocolVersion);
  set(operation, 'transport', transportOf(span, fact('transport')));
  set(operation, 'serverName', role === 'client' ? fact('calledServer') : (fact('serverName') ?? service));
  set(operation, role === 'client' ? 'clientService' : 'serverService', service);
  if (cancelled) operation.cancelled = true;
  else set(operation, 'failed', failureOf(span, dialect, fact, httpStatus));
  set(operation, 'httpStatus', httpStatus);
  return operation;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Leaves absent what is not known. */
function set<Key extends keyof SpanOperation>(
  operation: Writable<SpanOperation>,
  key: Key,
  value: SpanOperation[Key] | undefined,
): void {
  if (value !== undefined) operation[key] = value;
}

const roleOf = ({ kind }: ReceivedSpan): 'server' | 'client' | undefined =>
  kind === 'server' || kind === 'client' ? kind : undefined;

function factOf({ attributes }: ReceivedSpan, dialect: Dialect, fact: Fact): string | undefined {
  for (const name of dialect.attributes?.[fact] ?? CONVENTIONS[fact]) {
    const value = (IDS.has(fact) ? idOf : nameOf)(valueAt(attributes, name));
    if (value !== undefined) return value;
  }
  return undefined;
}

function nameOf(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, MAX_NAME_CHARS).toWellFormed();
}

function idOf(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARS ? value.toWellFormed() : undefined;
}

function serviceOf({ resource }: ReceivedSpan): string | undefined {
  const name = nameOf(resource.get('service.name'));
  return name === undefined || UNNAMED.test(name) ? undefined : name;
}

function statusOf(text: string | undefined): number | undefined {
  const status = Number(text);
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

function transportOf({ attributes }: ReceivedSpan, said: string | undefined): SpanOperation['transport'] {
  if (said === 'pipe' || said === 'stdio') return 'stdio';
  if (said === 'sse') return 'sse';
  if (said !== undefined && /^(?:tcp|quic|http|streamable)/.test(said)) return 'http';
  return attributes.has('http.request.method') || attributes.has('http.method') ? 'http' : undefined;
}

function failureOf(
  span: ReceivedSpan,
  dialect: Dialect,
  fact: (which: Fact) => string | undefined,
  httpStatus: number | undefined,
): Failure | undefined {
  const code = fact('rpcCode');
  const type = fact('errorType');
  // Zero is a code, too: version 1 of the Python SDK sends it for any exception. Elsewhere it means that all went well.
  const failed = type !== undefined || span.status === 'error';
  if (code !== undefined && /^-?\d+$/.test(code) && (failed || Number(code) !== 0)) return { kind: 'rpc', code };
  const known = dialect.failures?.find(([condition]) => holds(span.attributes, condition));
  if (known !== undefined) return known[1];
  if (type === 'tool_error') return { kind: 'tool' };
  if (type !== undefined) return ofErrorType(type, dialect);
  if (httpStatus !== undefined && httpStatus >= 400) return { kind: 'http', code: String(httpStatus) };
  return span.status === 'error' ? { kind: 'other' } : undefined;
}

function ofErrorType(type: string, { errorTypes = {} }: Dialect): Failure {
  if (Object.hasOwn(errorTypes, type)) return errorTypes[type] ?? { kind: 'other', code: type };
  if (/^[45]\d\d$/.test(type)) return { kind: 'http', code: type };
  return { kind: /^-\d+$/.test(type) ? 'rpc' : 'other', code: type };
}
