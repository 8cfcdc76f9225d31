import type { StoredOperation } from '../store/operation-queries.ts';
import type { StoreReader } from '../store/reader.ts';
import type { NewOperations } from './api.ts';

/** How many are sent at once; the others are only counted. */
const MAX_ROWS = 200;

/** The operations that were written after a cursor; undefined: none yet, only the cursor. */
export function operationsAfter(reader: StoreReader, cursor: number | undefined): NewOperations {
  const latest = reader.cursor();
  if (cursor === undefined) return { from: latest, cursor: latest, operations: [], missed: 0 };
  // An emptied store counts from 1 again.
  const seen = cursor > latest ? 0 : cursor;
  const from = Math.max(seen, latest - MAX_ROWS);
  const { operations } = reader.after(from, { limit: MAX_ROWS });
  // Operations written between the two queries come the next time.
  const complete = operations.filter(({ id }) => id <= latest);
  return { from: cursor, cursor: latest, operations: complete.map(withoutPayload), missed: from - seen };
}

/** An operation for a list, which shows names and figures only. */
export function withoutPayload({
  arguments: _arguments,
  result: _result,
  ...operation
}: StoredOperation): StoredOperation {
  return { ...operation, arguments: undefined, result: undefined, events: [] };
}
