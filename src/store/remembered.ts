import type { DatabaseSync } from 'node:sqlite';
import { OTHER, UNKNOWN } from '../session/client.ts';
import type { ClientState } from '../session/clients.ts';
import type { ClientTrait } from '../session/event.ts';
import type { PeopleOptions } from '../session/people.ts';
import { keptPeople } from './people-rows.ts';
import type { RememberedTools } from '../session/tool-changes.ts';
import { rememberedTools } from './remembered-tools.ts';

/** What earlier runs learned about a server's clients and tools. */
export interface Remembered {
  clients: readonly ClientState[];
  /** Names that were listed or answered; the inventions of a scanner are not among them. */
  tools: readonly string[];
  /** Who used what today, and the key of the hash behind it; undefined: the store is not open. */
  people: Pick<PeopleOptions, 'key' | 'kept'> | undefined;
  offered: RememberedTools;
}

export const NOTHING_REMEMBERED: Remembered = {
  clients: [],
  tools: [],
  people: undefined,
  offered: { tools: [], lists: [] },
};

/** Half of the labels that there are by default, so that new names find room beside old ones. */
const MAX_CLIENTS = 25;
const MAX_TOOLS = 100;
const TRAITS: ReadonlySet<string> = new Set<ClientTrait>(['verdict', 'version', 'protocol', 'discovery', 'delete']);
const isTrait = (what: string): what is ClientTrait => TRAITS.has(what);

/** @param nowUs by the wall clock */
export function remembered(db: DatabaseSync, server: string, nowUs: number): Remembered {
  const clients = db
    .prepare(
      `SELECT clients.client, what, value FROM clients
       LEFT JOIN traits ON traits.server = clients.server AND traits.client = clients.client
       WHERE clients.server = ? AND clients.client NOT IN (?, ?) AND clients.client IN (
         SELECT client FROM clients WHERE server = ? ORDER BY last_us DESC LIMIT ?)`,
    )
    .all(server, OTHER, UNKNOWN, server, MAX_CLIENTS);
  const traits = new Map<string, Partial<Record<ClientTrait, string>>>();
  for (const row of clients) {
    const client = String(row['client']);
    const known = traits.get(client) ?? {};
    traits.set(client, known);
    const what = String(row['what']);
    if (isTrait(what)) known[what] = String(row['value']);
  }
  const tools = db
    .prepare(`SELECT tool FROM tools WHERE server = ? GROUP BY tool ORDER BY max(last_us) DESC, tool LIMIT ?`)
    .all(server, MAX_TOOLS)
    .map((row) => String(row['tool']));
  const answered = db
    .prepare(
      `SELECT DISTINCT target FROM kinds
       WHERE server = ? AND method = 'tools/call' AND outcome = 'ok' AND target NOT IN ('', ?) LIMIT ?`,
    )
    .all(server, OTHER, MAX_TOOLS)
    .map((row) => String(row['target']));
  return {
    clients: [...traits].map(([clientLabel, known]) => ({ clientLabel, traits: known })),
    tools: [...new Set([...tools, ...answered])].slice(0, MAX_TOOLS),
    people: keptPeople(db, server, nowUs),
    offered: rememberedTools(db, server),
  };
}
