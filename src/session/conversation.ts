import { type JsonObject, isObject, objectAt } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';

/** Where a client puts the key of its conversation. `client`: only this client's key is trusted, because the name is too general. */
interface ConversationKey {
  meta?: readonly string[];
  header?: string;
  client?: string;
}

/** The keys that clients send to tell their conversations apart, as seen in real traffic in 2026. Earlier entries win. */
const KNOWN_KEYS: readonly ConversationKey[] = [
  { meta: ['openai/session'] },
  { header: 'x-openai-session' },
  { meta: ['vscode.conversationId'] },
  { meta: ['threadId'], client: 'codex' },
  { meta: ['x-codex-turn-metadata', 'thread_id'] },
  { meta: ['x-codex-turn-metadata', 'session_id'] },
  { meta: ['ai.opencode/sessionID'] },
  { meta: ['sessionID'], client: 'opencode' },
  { meta: ['antigravity.google/conversation_id'] },
];

const MAX_ID_CHARS = 4_096;

/** Finds the conversation key of a request, if its client sends one. */
export type FindConversation = (
  meta: JsonObject | undefined,
  request: RequestFacts,
  client: string,
) => string | undefined;

/** @param further the operator's own keys: `header:NAME`, or a path in `_meta` (a literal name, else split at dots). */
export function createConversationFinder(further: readonly string[]): FindConversation {
  const keys: ConversationKey[] = further.map((path) =>
    path.startsWith('header:') ? { header: path.slice('header:'.length).toLowerCase() } : { meta: [path] },
  );
  keys.push(...KNOWN_KEYS);
  return (meta, request, client) => {
    for (const key of keys) {
      if (key.client !== undefined && key.client !== client) continue;
      const found = key.header === undefined ? inMeta(meta, key.meta ?? []) : inHeaders(request.headers, key.header);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function inMeta(meta: JsonObject | undefined, path: readonly string[]): string | undefined {
  if (meta === undefined) return undefined;
  const [first = '', ...rest] = path;
  if (rest.length > 0) return inMeta(objectOf(meta[first]), rest);
  if (Object.hasOwn(meta, first)) return keyOf(meta[first]);
  const dot = first.indexOf('.');
  return dot < 0 ? undefined : inMeta(objectAt(meta, first.slice(0, dot)), [first.slice(dot + 1)]);
}

/** Codex sends its object as JSON text. */
function objectOf(value: unknown): JsonObject | undefined {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('{') || value.length > 4_096) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function inHeaders(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.length === name.length && headers[index]?.toLowerCase() === name)
      return keyOf(headers[index + 1]);
  }
  return undefined;
}

function keyOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARS ? value : undefined;
}
