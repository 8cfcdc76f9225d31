import type { StoredOperation } from '../../store/operation-queries.ts';
import type { StoreReader } from '../../store/reader.ts';
import { bytes, clockTime, duration, NONE } from '../../reading/figures.ts';
import { jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { colourOf, operationJson } from './operation-json.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import { serverColumn } from './server-column.ts';
import type { Out } from '../terminal/out.ts';
import { table, type Column } from '../terminal/table.ts';
import { prose } from '../terminal/text.ts';

const DEFAULT_LIMIT = 20;

/** `mcpspan slow`: the operations that took longest. */
export function slow(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const found = reader.slow({ ...filter, limit });
  if (json) out.write(jsonOf(found.map(operationJson)));
  else if (found.length === 0) out.write(nothingFound(reader, 'operations', filter, out));
  else {
    out.write(table(columnsOf(found, now), found, out));
    const all = found.length < limit ? found.length : reader.countOperations(filter, 'requests');
    const more = prose([leftOut(found.length, all, 'requests', filter)], out);
    if (more !== '') out.write(`\n${more}`);
  }
}

function columnsOf(rows: readonly StoredOperation[], now: number): Column<StoredOperation>[] {
  return [
    { title: 'took', side: 'right', cell: ({ seconds }) => duration(seconds) },
    { title: 'what', side: 'left', cell: nameOf, least: 28 },
    { title: 'status', side: 'left', cell: (row) => statusOf(row) || 'ok', colour: colourOf, least: 6 },
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 9, spare: 1 },
    ...serverColumn(rows),
    { title: 'when', side: 'left', cell: ({ startedAt }) => clockTime(startedAt, now), spare: 3 },
    { title: 'answer', side: 'right', cell: ({ responseBytes }) => bytes(responseBytes), spare: 5 },
    // Activity has no id that a person would recognise.
    {
      title: 'session',
      side: 'left',
      cell: ({ session }) => (session?.real === true ? session.id : NONE),
      least: 8,
      most: 13,
      spare: 4,
    },
  ];
}
