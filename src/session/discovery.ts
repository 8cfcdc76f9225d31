import { type JsonObject, isObject, textAt } from '../observe/json-object.ts';
import { isReal, type Session } from './session.ts';
import type { ToolLists } from './tool-lists.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a list call asked for. A request for the first page has no cursor. */
export interface ListPage {
  method: string;
  first: boolean;
  result: JsonObject;
}

/** The change notification that outdates the answer to each list call. */
const CHANGED: Readonly<Record<string, readonly string[]>> = {
  'notifications/tools/list_changed': ['tools/list'],
  'notifications/prompts/list_changed': ['prompts/list'],
  'notifications/resources/list_changed': ['resources/list', 'resources/templates/list'],
};

/**
 * Whether the client asked for a list although nothing had changed: it asked again in the same session, or within the
 * `ttlMs` of the previous answer. Remembers the answer.
 */
export function judgeDiscovery(session: Session | undefined, page: ListPage, at: number): { avoidable: boolean } {
  if (session === undefined) return { avoidable: false };
  session.discovered ??= new Map();
  const until = session.discovered.get(page.method);
  const ttl = page.result['ttlMs'];
  const holds =
    session.era === 'legacy' && isReal(session.source)
      ? Number.POSITIVE_INFINITY
      : typeof ttl === 'number'
        ? at + ttl
        : 0;
  session.discovered.set(page.method, holds);
  return { avoidable: page.first && until !== undefined && at < until };
}

export function forgetDiscovery(session: Session, notification: string): void {
  const methods = CHANGED[notification] ?? [];
  for (const method of methods) session.discovered?.delete(method);
  if (methods.includes('tools/list')) session.offeredTools = undefined;
}

/** Receivers of the names that a list offers. */
export interface NameLearners {
  tools: Vocabulary;
  prompts: Vocabulary;
  toolLists: ToolLists;
}

/** Passes on the names that a list offers. */
export function learnNames(session: Session | undefined, page: ListPage, learners: NameLearners): void {
  const { method, first, result } = page;
  const last = textAt(result, 'nextCursor') === undefined;
  if (method === 'tools/list') {
    const names = namesIn(result['tools']);
    learners.tools.offer(names, last);
    if (session !== undefined)
      session.offeredTools = learners.toolLists.after(session.offeredTools, { names, first, last });
  }
  if (method === 'prompts/list') learners.prompts.offer(namesIn(result['prompts']), last);
}

function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => (isObject(entry) ? (textAt(entry, 'name') ?? []) : []));
}
