import type { StoreReader } from '../store/reader.ts';
import type { Written } from './answers.ts';

/** Told at once; of more only the number is told. */
const MOST = 200;

/** What was written after a cursor, with what was too much to tell. */
export function writtenAfter(reader: StoreReader, cursor: number | undefined): Written {
  const latest = reader.cursor();
  if (cursor === undefined) return { from: latest, cursor: latest, operations: [], missed: 0 };
  // A store that was emptied begins anew.
  if (cursor > latest) return { from: cursor, cursor: latest, operations: [], missed: 0 };
  const from = Math.max(cursor, latest - MOST);
  const { operations } = reader.after(from, { limit: MOST });
  // What is written between the two questions is told the next time.
  const told = operations.filter(({ id }) => id <= latest);
  return { from: cursor, cursor: latest, operations: told, missed: from - cursor };
}
