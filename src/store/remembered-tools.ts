import { Buffer } from 'node:buffer';
import type { DatabaseSync } from 'node:sqlite';
import { contractOf, type Contract } from '../session/contract.ts';
import { OFFERED_MS } from '../session/surface.ts';
import type { RememberedTools } from '../session/tool-changes.ts';
import { numberAt, textAt, timeAt } from './columns.ts';

const MAX_VERSIONS = 2_000;
const MAX_LISTS = 100;

interface SeenVersion {
  contract: Contract;
  firstAt: number;
  lastAt: number;
}

/** What earlier runs knew of the tools of a server. */
export function rememberedTools(db: DatabaseSync, server: string): RememberedTools {
  const rows = db
    .prepare(
      `SELECT tool, contract, coalesce(text, '') AS text, min(first_us) AS first_us, max(tools.last_us) AS last_us
       FROM tools LEFT JOIN contracts ON contracts.hash = contract
       WHERE server = ? AND contract <> '' GROUP BY tool, contract ORDER BY 5 DESC, tool LIMIT ?`,
    )
    .all(server, MAX_VERSIONS)
    .map((row) => ({ name: textAt(row, 'tool'), version: versionOf(row) }));
  const lists = db
    .prepare('SELECT audience, tools, seen_us FROM tool_lists WHERE server = ? ORDER BY seen_us DESC LIMIT ?')
    .all(server, MAX_LISTS)
    .map((row) => ({
      audience: textAt(row, 'audience'),
      tools: listIn(textAt(row, 'tools')),
      at: timeAt(row, 'seen_us') ?? 0,
    }));
  const byTool = Map.groupBy(rows, ({ name }) => name);
  return {
    tools: [...byTool].map(([name, all]) => ({ name, versions: presentFirst(all.map(({ version }) => version)) })),
    // The latest last.
    lists: lists.toReversed(),
  };
}

function versionOf(row: Parameters<typeof textAt>[0]): SeenVersion {
  const [hash, text] = [textAt(row, 'contract'), textAt(row, 'text')];
  return {
    contract: text === '' ? { hash, text: undefined, hidden: [] } : contractOf(Buffer.from(text)),
    firstAt: numberAt(row, 'first_us') / 1_000,
    lastAt: numberAt(row, 'last_us') / 1_000,
  };
}

/** Of the versions that were offered last, the present one is the newest. */
function presentFirst(versions: readonly SeenVersion[]): SeenVersion[] {
  const latest = Math.max(...versions.map(({ lastAt }) => lastAt));
  const offered = ({ lastAt }: SeenVersion): boolean => lastAt >= latest - OFFERED_MS;
  return versions.toSorted((a, b) => Number(offered(b)) - Number(offered(a)) || b.firstAt - a.firstAt);
}

function listIn(json: string): Map<string, string> {
  // We wrote it: pairs of a name and a hash.
  return new Map(JSON.parse(json) as [string, string][]);
}
