import { createClient, type ClientOptions } from './client.ts';
import { isObject, objectOr, textOf, type JsonObject } from './json.ts';
import type { Profile } from './profile.ts';

/** A tool of the server, as far as a caller has to know it. */
export interface Tool {
  readonly name: string;
  readonly inputSchema: JsonObject;
}

/** The server's tools that are safe to call, or why there are none. */
export type Catalogue =
  | { readonly kind: 'tools'; readonly tools: readonly [Tool, ...Tool[]] }
  | { readonly kind: 'none'; readonly why: string };

/** A server that keeps giving cursors is not followed further. */
const maxPages = 20;

/** Who asks for the list. It is polite: one session, deleted afterwards. */
export const catalogueProfile: Profile = {
  name: 'catalogue',
  behaviour: 'lists the tools once, before the others begin',
  evidence: [],
  client: { name: 'mcpspan-simulator', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'mcpspan-simulator/1.0.0' },
  callMeta: {},
  opensStream: false,
  steps: [],
};

const modernCatalogueProfile: Profile = { ...catalogueProfile, era: 'modern', protocolVersion: '2026-07-28' };

/**
 * Asks a server which of its tools say that they change nothing (`annotations.readOnlyHint`), by a handshake of the
 * legacy era, and if that is refused by a request of the modern one.
 */
export async function readCatalogue(options: Omit<ClientOptions, 'profile'>): Promise<Catalogue> {
  const legacy = createClient({ ...options, profile: catalogueProfile });
  await legacy.open('new');
  const client = legacy.state() === 'open' ? legacy : createClient({ ...options, profile: modernCatalogueProfile });
  const tools: Tool[] = [];
  let page: JsonObject | undefined;
  let pages = 0;
  do {
    const cursor: unknown = page?.['nextCursor'];
    page = await client.request('tools/list', cursor === undefined ? {} : { cursor });
    if (page === undefined && pages === 0) return { kind: 'none', why: 'the server did not list its tools' };
    tools.push(...readOnlyTools(page?.['tools']));
    pages += 1;
  } while (textOf(page?.['nextCursor']) !== undefined && pages < maxPages);
  await client.leave({ deleteSession: true });

  const [first, ...others] = tools;
  if (first === undefined) return { kind: 'none', why: 'the server marks no tool as read-only' };
  return { kind: 'tools', tools: [first, ...others] };
}

function readOnlyTools(listed: unknown): Tool[] {
  const tools = Array.isArray(listed) ? listed.filter(isObject) : [];
  return tools.flatMap((tool) => {
    const name = textOf(tool['name']);
    const readOnly = objectOr(tool['annotations'])['readOnlyHint'] === true;
    return name === undefined || !readOnly ? [] : [{ name, inputSchema: objectOr(tool['inputSchema']) }];
  });
}
