import { isObject, objectOr, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';
import { isToolError, type Reply } from '../../simulator/wire.ts';
import { obstacleOf, sayingOf } from '../target/reach.ts';

/** What came of one call in one run. */
export type Outcome =
  | { readonly kind: 'result'; readonly result: JsonObject; readonly toolError: boolean }
  | { readonly kind: 'error'; readonly code: unknown; readonly said: string }
  /** HTTP 400 and above, to the call or (`handshake`) to the handshake before it. */
  | { readonly kind: 'refused'; readonly status: number; readonly said: string; readonly handshake: boolean }
  /** A value that it refers to was not in the answer it should come from. */
  | { readonly kind: 'unsent'; readonly said: string }
  /** It says nothing of the server: no answer, or too busy for one. */
  | { readonly kind: 'lost'; readonly said: string };

/** Not about this call: too many requests, a gateway that reaches nobody. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Reads an answer to a call, or to the handshake it needed. */
export function outcomeOf(reply: Reply, handshake = false): Outcome {
  if (reply.kind === 'unreachable') return { kind: 'lost', said: obstacleOf(reply.error, 'the server').what };
  const { status, message } = reply;
  const said = sayingOf(reply);
  if (PASSING.has(status)) return { kind: 'lost', said: `HTTP ${status}${said === '' ? '' : `: ${said}`}` };
  const error = message?.['error'];
  if (status >= 400) return { kind: 'refused', status, said, handshake };
  if (message === undefined) return { kind: 'lost', said: `HTTP ${status} without an answer` };
  if (isObject(error)) {
    return handshake
      ? { kind: 'refused', status, said, handshake }
      : { kind: 'error', code: error['code'], said: textOf(error['message']) ?? '' };
  }
  return { kind: 'result', result: objectOr(message['result']), toolError: isToolError(message) };
}

/** It is an answer as far as HTTP and JSON-RPC go, but not the one that was wanted. */
export const isFailure = (outcome: Outcome): boolean => outcome.kind !== 'result' || outcome.toolError;

/** The kind of an outcome in words, equal for outcomes that are alike. */
export function nameOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'result':
      return outcome.toolError ? 'tool error' : 'ok';
    case 'error':
      return `error ${String(outcome.code)}`;
    case 'refused':
      return outcome.handshake ? `handshake refused (HTTP ${outcome.status})` : `refused (HTTP ${outcome.status})`;
    case 'unsent':
      return 'could not be made';
    case 'lost':
      return 'no answer';
  }
}

/** What the revision of 2026-07-28 adds to results; it says nothing of what a call found. */
const CARRIER: ReadonlySet<string> = new Set(['resultType', 'ttlMs', 'cacheScope']);
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** What of an outcome is compared. Text that is JSON counts as what it says. */
export function contentOf(outcome: Outcome): unknown {
  if (outcome.kind !== 'result') return { said: outcome.said };
  const members = Object.entries(outcome.result).filter(([name]) => !CARRIER.has(name));
  return Object.fromEntries(
    members.flatMap(([name, value]): [string, unknown][] => {
      if (name !== '_meta') return [[name, unfolded(value)]];
      const rest = Object.entries(objectOr(value)).filter(([key]) => key !== SERVER_INFO);
      return rest.length === 0 ? [] : [[name, unfolded(Object.fromEntries(rest))]];
    }),
  );
}

function unfolded(value: unknown): unknown {
  if (typeof value === 'string') {
    const parsed = /^\s*[[{]/.test(value) ? parseJson(value) : undefined;
    return parsed ?? value;
  }
  if (Array.isArray(value)) return value.map(unfolded);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unfolded(member)]));
}
