import { writeHistory, type HistoryOptions, type HistoryReport } from '../../../src/commands/demo/history.ts';
import { visitors } from '../../../src/commands/demo/visits.ts';
import { profiles } from '../../../src/simulator/profiles.ts';
import { rowsOf } from '../../store/store-rig.ts';

export const NOW = Date.UTC(2026, 10, 23, 12);
export const MINUTE = 60_000;

/** As the demo groups them: two generations of one client talk to servers of their own. */
export const SERVERS: HistoryOptions['servers'] = [
  { name: 'quiz', profiles: [...profiles.filter(({ name }) => name !== 'chatgpt-2026'), ...visitors] },
  { name: 'quiz-2026', profiles: profiles.filter(({ name }) => name === 'chatgpt-2026') },
];

export async function write(
  path: string,
  options: Partial<HistoryOptions> = {},
): Promise<HistoryReport & { said: readonly string[] }> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  return { ...(await writeHistory({ path, seed: 1, now: NOW, minutes: 60, servers: SERVERS, say, ...options })), said };
}

const PEOPLE = 'SELECT day, server, subject, name, who FROM people';

/** All that is in a store, table by table. */
export function contentsOf(path: string): Record<string, unknown> {
  const tables = rowsOf(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  // A key is random in each file, and what it hashes with it.
  return Object.fromEntries(
    tables
      .map(({ name }) => String(name))
      .filter((name) => name !== 'keys')
      .map((name) => [name, rowsOf(path, name === 'people' ? PEOPLE : `SELECT * FROM ${name}`)]),
  );
}
