import { createClient, type ClientOptions, type SimulatedClient } from './client.ts';
import { isObject, objectOr, textOf, type JsonObject } from './json.ts';
import { modernVersion, type Manner } from './profile.ts';

/** A tool of the server: what a caller has to know about it. */
export interface Tool {
  readonly name: string;
  readonly inputSchema: JsonObject;
  /** The server says that it changes nothing (`annotations.readOnlyHint`). */
  readonly readOnly: boolean;
  /** The server says that it may destroy something (`annotations.destructiveHint`). */
  readonly destructive: boolean;
}

/** The server's tools that are safe to call, or why there are none. */
export type Catalogue =
  | { readonly kind: 'tools'; readonly tools: readonly [Tool, ...Tool[]] }
  | { readonly kind: 'none'; readonly why: string };

/** Some servers may never stop giving cursors. */
const MAX_PAGES = 20;

/** The client that asks for the list. It is polite: it opens one session and deletes it afterwards. */
export const catalogueProfile: Manner = {
  name: 'catalogue',
  client: { name: 'mcpspan-simulator', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'mcpspan-simulator/1.0.0' },
  callMeta: {},
  opensStream: false,
};

/** The same client, in the other era. */
export const modernised = (profile: Manner): Manner => ({ ...profile, era: 'modern', protocolVersion: modernVersion });

/**
 * Asks a server which of its tools are marked as read-only. It shakes hands as a legacy client, and sends a modern
 * request if the handshake is refused.
 */
export async function readCatalogue(options: Omit<ClientOptions, 'profile'>): Promise<Catalogue> {
  const legacy = createClient({ ...options, profile: catalogueProfile });
  await legacy.open('new');
  const client =
    legacy.state() === 'open' ? legacy : createClient({ ...options, profile: modernised(catalogueProfile) });
  const listed = await listTools(client);
  if (listed === undefined) return { kind: 'none', why: 'the server did not list its tools' };
  await client.leave({ deleteSession: true });

  const [first, ...others] = listed.filter(({ readOnly }) => readOnly);
  if (first === undefined) return { kind: 'none', why: 'the server marks no tool as read-only' };
  return { kind: 'tools', tools: [first, ...others] };
}

/** All pages of a server's tools; undefined: it gives no list. */
export async function listTools(client: Pick<SimulatedClient, 'request'>): Promise<Tool[] | undefined> {
  const tools: Tool[] = [];
  let page: JsonObject | undefined;
  let pages = 0;
  do {
    const cursor: unknown = page?.['nextCursor'];
    page = await client.request('tools/list', cursor === undefined ? {} : { cursor });
    if (page === undefined && pages === 0) return undefined;
    tools.push(...toolsOf(page?.['tools']));
    pages += 1;
  } while (textOf(page?.['nextCursor']) !== undefined && pages < MAX_PAGES);
  return tools;
}

function toolsOf(listed: unknown): Tool[] {
  const tools = Array.isArray(listed) ? listed.filter(isObject) : [];
  return tools.flatMap((tool) => {
    const name = textOf(tool['name']);
    const hints = objectOr(tool['annotations']);
    const [readOnly, destructive] = [hints['readOnlyHint'] === true, hints['destructiveHint'] === true];
    return name === undefined ? [] : [{ name, inputSchema: objectOr(tool['inputSchema']), readOnly, destructive }];
  });
}
