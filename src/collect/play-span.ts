import type { Slots } from '../transport/wire/slots.ts';
import type { CloseReason, Tap } from '../transport/wire/wire-event.ts';
import { META } from '../session/era.ts';
import { isModernRevision } from '../session/methods.ts';
import type { SpanOperation } from './mcp-span.ts';
import type { SeenOperation } from './same-call.ts';

/** The header that carries the conversation which a span names. */
export const CONVERSATION_HEADER = 'mcpspan-conversation';

/** What JSON-RPC says where nothing is known but that it failed (JSON-RPC 2.0, 5.1: internal error). */
const INTERNAL_ERROR = -32_603;
const SPAN_ID = /^[0-9a-f]{16}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

export interface PlayOptions {
  tap: Tap;
  slots: Slots;
  /** Which server it is for. */
  server: number;
}

/**
 * Tells of an operation as a relay would have: an exchange that holds its request and its answer. So what is known of
 * traffic is known of spans too, by the same rules. Our own span of it gets the id of the span that told of it.
 */
export function playSpan(
  operation: SpanOperation,
  span: SeenOperation['span'],
  { tap, slots, server }: PlayOptions,
): void {
  const { startedAt, endedAt } = span;
  const exchange = slots.take();
  const sent = { 'to-server': 0, 'to-client': 0 };
  const send = (at: number, direction: 'to-server' | 'to-client', message: object): void => {
    const bytes = Buffer.from(JSON.stringify(message));
    sent[direction] += bytes.length;
    tap({ kind: 'bytes', exchange, at, direction, bytes });
  };
  const id = operation.requestId ?? span.spanId;
  const carrier = {
    kind: 'http',
    method: 'POST',
    target: '/',
    httpVersion: '1.1',
    headers: requestHeaders(operation),
    sessionUntold: isSessionUntold(operation),
  } as const;
  tap({ kind: 'opened', exchange, at: startedAt, server, carrier });
  const request = { jsonrpc: '2.0', id, method: operation.method, params: paramsOf(operation, span) };
  send(startedAt, 'to-server', request);
  const chosen = SPAN_ID.test(span.spanId) ? { spanId: span.spanId, propagated: false, session: undefined } : undefined;
  tap({ kind: 'requested', exchange, at: startedAt, sentAt: startedAt, size: sent['to-server'], span: chosen });
  const reason = answer(operation, id, { endedAt, send, tap, exchange });
  tap({ kind: 'closed', exchange, at: endedAt, reason, size: sent['to-client'] });
  slots.free(exchange);
}

/** Spans of mcpspan itself name the session where there is one; others may not know of it, or not write it down. */
function isSessionUntold({ emitter, sessionId, protocolVersion }: SpanOperation): boolean {
  const modern = protocolVersion !== undefined && isModernRevision(protocolVersion);
  return emitter !== 'mcpspan' && sessionId === undefined && !modern;
}

/** Names and values by turns. */
function requestHeaders({ sessionId, protocolVersion, userAgent, conversationId }: SpanOperation): readonly string[] {
  const headers: [string, string | undefined][] = [
    ['content-type', 'application/json'],
    ['mcp-session-id', sessionId],
    ['mcp-protocol-version', protocolVersion],
    ['user-agent', userAgent],
    [CONVERSATION_HEADER, conversationId],
  ];
  return headers.flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

function paramsOf(
  { method, target, uri, clientName, clientVersion, protocolVersion }: SpanOperation,
  { traceId, spanId }: SeenOperation['span'],
): object {
  const client = clientName === undefined ? undefined : { name: clientName, version: clientVersion ?? '' };
  const traceParent = TRACE_ID.test(traceId) && SPAN_ID.test(spanId) ? `00-${traceId}-${spanId}-01` : undefined;
  const meta = {
    ...(client !== undefined && method !== 'initialize' && { [META.clientInfo]: client }),
    ...(traceParent !== undefined && { traceparent: traceParent }),
  };
  return {
    ...(method === 'initialize' && { clientInfo: client ?? {}, protocolVersion, capabilities: {} }),
    ...(target !== undefined && { name: target }),
    ...(uri !== undefined && { uri }),
    _meta: meta,
  };
}

interface Answering {
  endedAt: number;
  exchange: number;
  tap: Tap;
  send(at: number, direction: 'to-client', message: object): void;
}

/** Tells how it ended. Returns why the exchange is over. */
function answer(operation: SpanOperation, id: string, { endedAt, exchange, tap, send }: Answering): CloseReason {
  const { failed, cancelled, httpStatus, method, sessionId, serverName, protocolVersion } = operation;
  if (cancelled === true) return 'client-left';
  const refused = failed?.kind === 'http' ? (httpStatus ?? Number(failed.code ?? 500)) : undefined;
  const headers = ['content-type', 'application/json'];
  // A handshake names the session in its answer.
  if (method === 'initialize' && sessionId !== undefined) headers.push('mcp-session-id', sessionId);
  tap({ kind: 'answered', exchange, at: endedAt, status: refused ?? 200, headers });
  if (refused !== undefined) return 'complete';
  if (failed !== undefined && failed.kind !== 'tool') {
    const code = /^-?\d{1,9}$/.test(failed.code ?? '') ? Number(failed.code) : INTERNAL_ERROR;
    send(endedAt, 'to-client', { jsonrpc: '2.0', id, error: { code, message: failed.code ?? '' } });
    return 'complete';
  }
  const result =
    method === 'initialize'
      ? { protocolVersion, capabilities: {}, serverInfo: { name: serverName ?? '', version: '' } }
      : failed?.kind === 'tool'
        ? { isError: true, content: [] }
        : {};
  send(endedAt, 'to-client', { jsonrpc: '2.0', id, result });
  return 'complete';
}
