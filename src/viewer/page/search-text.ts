import type { Route } from './route.ts';

/** What a text in the search box asks for. */
export interface Search {
  filters: Partial<Route>;
  /** Of a session, a trace or a call. */
  id: string | undefined;
  /** Why nothing can be searched. */
  hint: string | undefined;
}

/** Keys of the search, and the filters that they set. */
const KEYS = {
  tool: 'tool',
  client: 'client',
  server: 'server',
  status: 'status',
  method: 'method',
  code: 'code',
  direction: 'direction',
  session: 'session',
  conversation: 'conversation',
} as const satisfies Record<string, keyof Route>;
export const ALL_KEYS = [...Object.keys(KEYS), 'id'];
const PART = /([a-z]+):(?!\/)("[^"]*"|\S*)|"[^"]*"|\S+/gi;
/** A whole id: nobody searches for such a name. */
const WHOLE_ID = /^(?:[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** `tool:quiz status:error slow "two words"`. */
export function parseSearch(text: string): Search {
  const filters: Record<string, string> = {};
  const words: string[] = [];
  let id: string | undefined;
  let hint: string | undefined;
  for (const [part, key, value] of text.matchAll(PART)) {
    const name = key?.toLowerCase();
    const plain = unquoted(value ?? part);
    if (name === undefined) words.push(plain);
    else if (plain === '') hint ??= `${name}: what follows the colon is missing, as in ${name}:NAME.`;
    else if (name === 'id') id = plain;
    else if (isKey(name)) filters[KEYS[name]] = name === 'status' && plain === 'error' ? 'failed' : plain;
    else hint ??= `${name}: is no key. Keys are ${ALL_KEYS.map((each) => `${each}:`).join(' ')}`;
  }
  const [only] = words;
  if (words.length === 1 && only !== undefined && WHOLE_ID.test(only)) id ??= only;
  else if (words.length > 0) filters['words'] = words.join(' ');
  return { filters, id, hint };
}

const isKey = (name: string): name is keyof typeof KEYS => Object.hasOwn(KEYS, name);
const unquoted = (text: string): string => text.replaceAll('"', '');

/** The same in reverse: what narrows a view, as it would be searched for. */
export function searchText(route: Route): string {
  if (route.view !== 'calls') return '';
  const quoted = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);
  const parts = Object.entries(KEYS).flatMap(([key, name]) => {
    const value = route[name];
    return value === undefined ? [] : [`${key}:${quoted(value)}`];
  });
  return [...parts, ...(route.words === undefined ? [] : [route.words])].join(' ');
}
