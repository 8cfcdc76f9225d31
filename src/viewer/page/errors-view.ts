import { countColumn } from '../../reading/column.ts';
import { groupNameOf, groupStatusOf } from '../../reading/operation-words.ts';
import { nameText } from '../../reading/names.ts';
import type { FailureGroup } from '../../store/failure-groups.ts';
import type { Errors } from '../api.ts';
import { gridColumn, serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { code, link, nameElement, nothing, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';

export function errorsView({ groups, at }: Errors, context: Context): Children {
  return [
    groups.length === 0
      ? nothing(
          'No call failed or was rejected in this period.',
          'To see more, choose a longer period, or fewer filters, above.',
          ['Calls come from clients that connect to mcpspan: ', code('mcpspan --upstream http://localhost:3000/mcp')],
        )
      : grid<FailureGroup>({
          key: 'errors',
          caption: 'What failed and what was rejected, by error, tool and client',
          rows: groups,
          keyOf: (group) => `${group.operation}`,
          sorting: context.sorting.get('errors'),
          onSort: (sorting) => context.sort('errors', sorting),
          columns: columnsOf(groups, at, context),
        }),
  ];
}

function columnsOf(groups: readonly FailureGroup[], at: number, { route }: Context): GridColumn<FailureGroup>[] {
  return [
    {
      id: 'error',
      title: 'Error',
      cell: (group) => [
        h('span', { class: group.failed ? 'dot bad' : 'dot warn', 'aria-hidden': 'true' }),
        groupStatusOf(group),
      ],
      sort: groupStatusOf,
      tone: ({ failed }) => (failed ? 'red' : 'orange'),
    },
    {
      id: 'what',
      title: 'Call',
      cell: nameOf,
      sort: nameOf,
      tone: () => 'main',
    },
    {
      id: 'client',
      title: 'Client',
      cell: ({ client }) => nameElement(client),
      sort: ({ client }) => nameText(client),
      tone: () => 'name',
    },
    ...serverColumn(groups),
    gridColumn(
      countColumn<FailureGroup>('number', 'calls', ({ number }) => number),
      at,
      { cell: (group) => link(callsOf(group, route), String(group.number)) },
    ),
    { id: 'first', title: 'First', cell: ({ firstAt }) => when(firstAt, at), sort: ({ firstAt }) => firstAt },
    { id: 'last', title: 'Last', cell: ({ lastAt }) => when(lastAt, at), sort: ({ lastAt }) => lastAt },
    {
      id: 'message',
      title: 'The latest said',
      cell: ({ message, operation }) => [
        message === undefined
          ? h('span', { class: 'muted' }, 'no message ')
          : [h('span', { class: 'said' }, message), ' '],
        link(elsewhere(route, 'calls', { operation }), 'open'),
      ],
      value: ({ message }) => message,
      tone: () => 'wrap',
    },
  ];
}

const nameOf = ({ method, target }: FailureGroup): string =>
  groupNameOf({ method: nameText(method), target: target === undefined ? undefined : nameText(target) });

/** The calls of a group. A code tells them apart; where there is none, the outcome does. */
const callsOf = ({ server, client, method, target, outcome, code, failed }: FailureGroup, route: Route): Route =>
  elsewhere(route, 'calls', {
    server,
    client,
    ...(method === 'tools/call' && target !== undefined ? { tool: target } : { method }),
    status: code === undefined ? outcome : failed ? 'failed' : 'rejected',
    code,
  });
