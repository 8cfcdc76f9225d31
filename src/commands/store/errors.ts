import type { FailureGroup } from '../../store/failure-groups.ts';
import type { StoreReader } from '../../store/reader.ts';
import { clockTime, count } from '../../reading/figures.ts';
import { groupNameOf, groupStatusOf } from '../../reading/operation-words.ts';
import { coverage, isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { serverColumn } from './server-column.ts';
import type { Out } from '../terminal/out.ts';
import { table, type Column } from '../terminal/table.ts';
import { prose, shellWord } from '../terminal/text.ts';

const DEFAULT_LIMIT = 20;

/**
 * `mcpspan errors`: what failed and what was rejected, by error, call and client; failures first, the most frequent first.
 * Below each stands what the latest one said.
 */
export function errors(reader: StoreReader, { filter, json, now }: Question, out: Out): void {
  const all = reader.failureGroups({ ...filter, limit: undefined });
  const found = all.slice(0, filter.limit ?? DEFAULT_LIMIT);
  if (json) {
    out.write(jsonOf(found.map(groupJson)));
    return;
  }
  if (found.length === 0) {
    out.write(nothingFound(reader, 'errors', filter, out));
    return;
  }
  const below = ({ message }: FailureGroup): string | undefined => (message === undefined ? undefined : `"${message}"`);
  out.write(table(columnsOf(found, now), found, { ...out, below, belowColumn: 1 }));
  const notes = [
    leftOut(found.length, all.length, 'errors, the most frequent first', filter),
    callsHint(found[0]),
    coverage(reader, filter),
  ];
  out.write(`\n${prose(notes, out)}`);
}

/** How to see the calls of a group. */
function callsHint(group: FailureGroup | undefined): string {
  if (group === undefined) return '';
  const { method, target, code, failed } = group;
  const which = code === undefined ? `--status ${failed ? 'failed' : 'rejected'}` : `--code ${shellWord(code)}`;
  const call =
    method === 'tools/call' && target !== undefined ? `--tool ${shellWord(target)}` : `--method ${shellWord(method)}`;
  return `The calls of the first: mcpspan tail ${which} ${call}`;
}

function columnsOf(rows: readonly FailureGroup[], now: number): Column<FailureGroup>[] {
  return [
    { title: 'times', side: 'right', cell: ({ number }) => count(number) },
    {
      title: 'error',
      side: 'left',
      cell: groupStatusOf,
      colour: ({ failed }) => (failed ? 'red' : 'yellow'),
      least: 8,
      most: 24,
    },
    { title: 'what', side: 'left', cell: groupNameOf, least: 24, most: 40 },
    { title: 'client', side: 'left', cell: ({ client }) => client, least: 8 },
    ...serverColumn(rows),
    { title: 'first', side: 'left', cell: ({ firstAt }) => clockTime(firstAt, now), spare: 3 },
    { title: 'last', side: 'left', cell: ({ lastAt }) => clockTime(lastAt, now), spare: 2 },
  ];
}

function groupJson({
  operation: _operation,
  firstAt,
  lastAt,
  failed,
  ...group
}: FailureGroup): Record<string, unknown> {
  return { ...group, failed, rejected: !failed, firstAt: isoTime(firstAt), lastAt: isoTime(lastAt) };
}
