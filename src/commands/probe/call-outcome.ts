import { isObject, objectOr, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';
import { isToolError, type Reply } from '../../simulator/wire.ts';
import { obstacleOf, sayingOf } from '../target/reach.ts';

/** The outcome of one call in one run. */
export type CallOutcome =
  | { readonly kind: 'result'; readonly result: JsonObject; readonly toolError: boolean }
  | { readonly kind: 'error'; readonly code: unknown; readonly said: string }
  /** HTTP 400 and above, to the call or (`handshake`) to the handshake before it. */
  | { readonly kind: 'refused'; readonly status: number; readonly said: string; readonly handshake: boolean }
  /** The call refers to a value that an earlier answer does not hold. */
  | { readonly kind: 'unsent'; readonly said: string }
  /** No answer, or the server is too busy: it says nothing about the call. */
  | { readonly kind: 'lost'; readonly said: string };

/** The answer is not about this call: too many requests, or a gateway that reaches nobody. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** The outcome of an answer to a call, or to its handshake. */
export function outcomeOf(reply: Reply, handshake = false): CallOutcome {
  if (reply.kind === 'unreachable') return { kind: 'lost', said: obstacleOf(reply.error, 'the server').what };
  const { status, message } = reply;
  const said = sayingOf(reply);
  if (TEMPORARY_STATUSES.has(status)) return { kind: 'lost', said: `HTTP ${status}${said === '' ? '' : `: ${said}`}` };
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

/** Whether the call failed in any way. */
export const isFailure = (outcome: CallOutcome): boolean => outcome.kind !== 'result' || outcome.toolError;

/** An outcome's kind in words: the same words for outcomes of one kind. */
export function nameOf(outcome: CallOutcome): string {
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

/** Members that the revision of 2026-07-28 adds to every result. */
const ADDED_MEMBERS: ReadonlySet<string> = new Set(['resultType', 'ttlMs', 'cacheScope']);
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** The part of an outcome that is compared. Text that is JSON is compared as JSON. */
export function contentOf(outcome: CallOutcome): unknown {
  if (outcome.kind !== 'result') return { said: outcome.said };
  const members = Object.entries(outcome.result).filter(([name]) => !ADDED_MEMBERS.has(name));
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
