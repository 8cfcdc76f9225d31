import type { StoredOperation } from '../store/operation-queries.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Written } from './answers.ts';

/** Told at once; of more only the number is told. */
const MAX_ROWS = 200;

/** What was written after a cursor, with what was too much to tell. */
export function writtenAfter(reader: StoreReader, cursor: number | undefined): Written {
  const latest = reader.cursor();
  if (cursor === undefined) return { from: latest, cursor: latest, operations: [], missed: 0 };
  // Ids begin anew in a store that was emptied.
  const seen = cursor > latest ? 0 : cursor;
  const from = Math.max(seen, latest - MAX_ROWS);
  const { operations } = reader.after(from, { limit: MAX_ROWS });
  // What is written between the two questions is told the next time.
  const told = operations.filter(({ id }) => id <= latest);
  return { from: cursor, cursor: latest, operations: told.map(withoutPayload), missed: from - seen };
}

/** A list shows names and figures. */
export function withoutPayload({
  arguments: _arguments,
  result: _result,
  ...operation
}: StoredOperation): StoredOperation {
  return { ...operation, arguments: undefined, result: undefined, events: [] };
}
