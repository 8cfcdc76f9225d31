import { count, counted, duration } from '../../reading/figures.ts';
import { nameOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Calls } from '../api.ts';
import { callColumns } from './call-columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid } from './grid.ts';
import { holdInWords } from './hold.ts';
import { operationFacts } from './operation-facts.ts';
import { code, nothing } from './parts.ts';
import type { Sorting } from './state.ts';

/** The name of the table in the address. */
export const CALLS = 'calls';
/** How many more calls the button adds. */
const MORE_CALLS = 200;
/** One answer holds no more calls. */
const MAX_CALLS = 5_000;

/** Whether the slowest calls are asked for, in place of the latest. */
export const asksSlowest = (sorting: ReadonlyMap<string, Sorting>): boolean => sorting.get(CALLS)?.id === 'took';

export function callsView(answer: Calls, context: Context): Children {
  const { calls, total, newer, opened, at } = answer;
  const { route, paused, hold, rows: asked } = context;
  const gone = route.operation !== undefined && opened === undefined;
  const rows = withOpened(calls, opened);
  const slowest = asksSlowest(context.sorting);
  const waiting = holdInWords(
    paused,
    hold,
    newer === 0 ? 'nothing new so far' : `${counted(newer, 'newer call')} ${newer === 1 ? 'waits' : 'wait'}`,
  );
  return [
    gone &&
      h(
        'p',
        { key: 'gone', class: 'notice', role: 'status' },
        'This call is not in the store, or no longer: the oldest are deleted first.',
      ),
    h(
      'p',
      { key: 'count', class: 'muted above', role: 'status' },
      h(
        'span',
        {},
        total > calls.length
          ? `The ${slowest ? 'slowest' : 'latest'} ${count(calls.length)} of ${count(total)}.`
          : `${counted(total, 'call')}, the ${slowest ? 'slowest' : 'latest'} first.`,
        waiting !== undefined && ` ${waiting}`,
      ),
      h(
        'button',
        {
          type: 'button',
          'aria-pressed': paused ? 'true' : 'false',
          title: 'key p',
          on: { click: () => context.pause(!paused) },
        },
        paused ? 'Go on' : 'Pause',
      ),
    ),
    rows.length === 0
      ? nothing('No call in this period.', 'Choose a longer period, or fewer filters, above.', [
          'Calls come from clients that connect to mcpspan: ',
          code('mcpspan --upstream http://localhost:3000/mcp'),
        ])
      : grid<StoredOperation>({
          key: CALLS,
          caption: 'Calls',
          rows,
          keyOf: ({ id }) => String(id),
          sorting: context.sorting.get(CALLS) ?? { id: 'time', down: true },
          // The server sorts: all that match, the latest or the slowest first.
          onSort: ({ id }) => context.sort(CALLS, { id, down: true }),
          columns: callColumns(rows, at, context),
          holds: true,
          below: (operation) => (operation.id === opened?.id ? openCall(opened, context) : undefined),
        }),
    total > calls.length &&
      h(
        'p',
        { key: 'more', class: 'more' },
        calls.length >= MAX_CALLS
          ? `This page lists ${count(MAX_CALLS)} at most: narrow the filters, or use mcpspan slow --limit N.`
          : h(
              'button',
              { type: 'button', on: { click: () => context.setRows(Math.min(MAX_CALLS, asked + MORE_CALLS)) } },
              `Show more (${count(total - calls.length)} are left)`,
            ),
      ),
  ];
}

/** The call in the address may be older, or faster, than all that are listed. */
const withOpened = (
  calls: readonly StoredOperation[],
  opened: StoredOperation | undefined,
): readonly StoredOperation[] =>
  opened === undefined || calls.some(({ id }) => id === opened.id) ? calls : [opened, ...calls];

const openCall = (operation: StoredOperation, context: Context): VirtualElement =>
  h(
    'div',
    { class: 'session' },
    h('h3', {}, nameOf(operation), h('span', { class: 'muted' }, ` ${duration(operation.seconds)}`)),
    operationFacts(operation, context),
  );
