import { isObject, objectOr, type JsonObject } from './json-object.ts';

/** A JSON-RPC id. `1` and `'1'` are different ids; `0` and `''` are ids, an absent member is not. */
export type RequestId = string | number;

/** One JSON-RPC message. Everything that arrives becomes one of these five kinds; nothing is rejected. */
export type Message =
  | { kind: 'request'; id: RequestId; method: string; params: JsonObject }
  | { kind: 'notification'; method: string; params: JsonObject }
  | { kind: 'result'; id: RequestId | undefined; result: JsonObject }
  | { kind: 'error'; id: RequestId | undefined; code: number | undefined; message: string }
  | { kind: 'malformed'; reason: 'not-json' | 'not-jsonrpc' };

/**
 * Classifies a parsed value. The `jsonrpc` member may say anything; params and results that are no objects become `{}`.
 */
export function toMessage(value: unknown): Message {
  if (!isObject(value)) return { kind: 'malformed', reason: 'not-jsonrpc' };
  const { id, params, result, error } = value;
  const method = typeof value['method'] === 'string' ? value['method'].toWellFormed() : value['method'];
  if (typeof method === 'string') {
    if (id === undefined) return { kind: 'notification', method, params: objectOr(params) };
    if (isRequestId(id)) return { kind: 'request', id, method, params: objectOr(params) };
    return { kind: 'malformed', reason: 'not-jsonrpc' };
  }
  if (method !== undefined) return { kind: 'malformed', reason: 'not-jsonrpc' };
  const answered = isRequestId(id) ? id : undefined;
  // JSON-RPC 1.0 sends `"error": null` along with a result.
  if (error !== undefined && (error !== null || result === undefined)) {
    const { code, message } = objectOr(error);
    // OAuth and many gateways answer {"error":"…"}, which is not JSON-RPC.
    if (typeof code !== 'number' && value['jsonrpc'] === undefined) return { kind: 'malformed', reason: 'not-jsonrpc' };
    return {
      kind: 'error',
      id: answered,
      code: typeof code === 'number' ? code : undefined,
      message: typeof message === 'string' ? message.toWellFormed() : '',
    };
  }
  if (result !== undefined) return { kind: 'result', id: answered, result: objectOr(result) };
  return { kind: 'malformed', reason: 'not-jsonrpc' };
}

export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}

/** The id that a parameter names: `requestId`, `progressToken`. */
export function idAt(object: JsonObject | undefined, name: string): RequestId | undefined {
  const value = object?.[name];
  return isRequestId(value) ? value : undefined;
}
