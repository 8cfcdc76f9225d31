import type { StoredOperation } from '../../store/operation-queries.ts';
import type { StoreReader } from '../../store/reader.ts';
import { duration, preciseTime } from '../../reading/figures.ts';
import { leftOut, nothingFound, type Question } from './filters.ts';
import { colourOf, operationJson } from './operation-json.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import { painted, type Out } from '../terminal/out.ts';
import { elided, padded, prose, widthOf } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';

const DEFAULT_LIMIT = 20;
/** Pause between looks at the store, which is written once a second. */
const POLL_MS = 500;
const CLIENT_COLUMNS = 16;
const TOOK_COLUMNS = 8;
const MIN_NAME_COLUMNS = 12;
/** The arrow, and two spaces between the parts. */
const GAP_COLUMNS = 11;
const NARROW_COLUMNS = 80;

/**
 * `mcpspan tail`: the latest operations, one per line, the oldest first; with `--follow`, new ones too. JSON is one object
 * per line.
 * @param following ends `--follow`; undefined: new operations are not followed
 */
export async function tail(
  reader: StoreReader,
  { filter, json }: Question,
  out: Out,
  following?: AbortSignal,
): Promise<void> {
  const print = (operations: readonly StoredOperation[]): void => {
    for (const operation of operations)
      out.write(json ? `${JSON.stringify(operationJson(operation))}\n` : lineOf(operation, out));
  };
  let cursor = reader.cursor();
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const latest = reader.latest({ ...filter, limit });
  print(latest);
  if (following === undefined) {
    if (json) return;
    if (latest.length === 0) out.write(nothingFound(reader, 'operations', filter, out));
    const all = latest.length < limit ? latest.length : reader.countOperations(filter, 'operations');
    out.write(prose([leftOut(latest.length, all, 'operations', filter)], out));
    return;
  }
  cursor = Math.max(cursor, latest.at(-1)?.id ?? 0);
  const asked = { ...filter, since: undefined, until: undefined, limit: undefined };
  while (!following.aborted) {
    const next = reader.after(cursor, asked);
    ({ cursor } = next);
    print(next.operations);
    await pause(next.operations.length === 0 ? POLL_MS : 0, following);
  }
}

/** Waits for a time, or until the signal. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}

/** `10:12:05.123  chatgpt  36 ms  →  tools/call create_cloze_question  error`. */
function lineOf(operation: StoredOperation, out: Out): string {
  const narrow = out.columns !== undefined && out.columns < NARROW_COLUMNS;
  const clientWidth = narrow ? 8 : CLIENT_COLUMNS;
  const time = preciseTime(operation.startedAt + operation.seconds * 1_000).slice(0, narrow ? 8 : undefined);
  const client = padded(elided(plain(operation.client), clientWidth), clientWidth, 'left');
  const took = padded(duration(operation.seconds), TOOK_COLUMNS, 'right');
  const status = plain(statusOf(operation));
  const arrow = operation.direction === 'to-server' ? '→' : '←';
  const taken = time.length + clientWidth + TOOK_COLUMNS + widthOf(status) + GAP_COLUMNS;
  const room = out.columns === undefined ? Infinity : Math.max(MIN_NAME_COLUMNS, out.columns - taken);
  const name = elided(plain(nameOf(operation)), room);
  const parts = [painted(time, 'dim', out), client, took, arrow, name, painted(status, colourOf(operation), out)];
  return `${parts.join('  ').trimEnd()}\n`;
}
