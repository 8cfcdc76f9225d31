import { quotient } from '../../reading/column.ts';
import { bytes, count, NONE, percent } from '../../reading/figures.ts';
import { knowsPeople } from '../../reading/people-words.ts';
import { TOOL_COLUMNS } from '../../reading/tool-columns.ts';
import { nameText } from '../../reading/names.ts';
import type { ToolClient } from '../../store/tool-figures.ts';
import type { DescribedChange, DescribedTool, Tools } from '../api.ts';
import { failedColumn, gridColumn, linkColumn, rejectedColumn, serverColumn, slowestFirst } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { code, link, nameElement, nothing, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';
import { changeList, openChange, routeOf } from './tool-changes.ts';

const MAX_CLIENTS = 12;

export function toolsView(answer: Tools, context: Context): Children {
  const { tools, surfaces, at, opened } = answer;
  if (tools.length === 0) {
    return nothing('No tool was called or listed in this period.', [
      'Tools appear with the first ',
      code('tools/list'),
      ' or ',
      code('tools/call'),
      ' that a client sends through mcpspan.',
    ]);
  }
  const odd = tools.flatMap((tool) => tool.odd);
  const shared = tools.filter(({ clients }) => clients.length > 0);
  return [
    odd.length > 0 &&
      h(
        'section',
        { key: 'odd', class: 'findings', 'aria-label': 'What to look at' },
        h('h2', {}, 'What to look at'),
        h(
          'ul',
          {},
          odd.map((text) => h('li', { class: 'bad' }, `${text}.`)),
        ),
      ),
    changeList(answer, context),
    h('h2', { key: 'tools title' }, 'Tools'),
    surfaces.length > 0 &&
      h('p', { key: 'surfaces', class: 'about' }, [surfaces.join(' '), ' Tokens are estimates: bytes ÷ 4.']),
    grid<DescribedTool>({
      key: 'tools',
      caption: 'Tools',
      rows: tools,
      keyOf: ({ server, tool }) => `${server} ${tool}`,
      sorting: context.sorting.get('tools'),
      onSort: (sorting) => context.sort('tools', sorting),
      columns: columnsOf(answer, context),
      below: ({ server, tool }) =>
        opened?.change.server === server && opened.change.tool === tool ? openChange(opened, at, context) : undefined,
    }),
    shared.length > 0 &&
      h('h2', { key: 'matrix title' }, 'Tool by client: median answer × calls, and what failed or was rejected'),
    shared.length > 0 && matrix(shared, context),
  ];
}

function columnsOf({ tools, changes, at }: Tools, { route }: Context): GridColumn<DescribedTool>[] {
  const shared = TOOL_COLUMNS;
  const latestOf = ({ server, tool }: DescribedTool): DescribedChange | undefined =>
    changes.find((change) => change.server === server && change.tool === tool);
  const calls = ({ server, tool }: DescribedTool): Route =>
    elsewhere(route, 'calls', { server, tool, client: route.client });
  const slowest = (tool: DescribedTool): Route => slowestFirst(calls(tool));
  return [
    gridColumn(shared.tool, at, {
      cell: (row) => [nameCell(row, route), notes(row, latestOf(row), at, route)],
      sort: ({ tool }) => nameText(tool),
      tone: () => 'main',
    }),
    ...serverColumn(tools),
    linkColumn(shared.calls, at, calls),
    ...(knowsPeople(tools) ? [gridColumn<DescribedTool>(shared.people, at)] : []),
    failedColumn(shared.failed, at, (tool) => ({ ...calls(tool), status: 'failed' })),
    rejectedColumn(shared.rejected, at, (tool) => ({ ...calls(tool), status: 'rejected' })),
    gridColumn(shared.p50, at),
    linkColumn(shared.p95, at, slowest),
    linkColumn(shared.p99, at, slowest),
    gridColumn(shared.medianAnswer, at),
    gridColumn(shared.definitionTokens, at, {
      cell: (tool) => h('span', { title: shared.definition.text(tool, at) }, shared.definitionTokens.text(tool, at)),
    }),
    gridColumn(shared.answerTokens, at),
    gridColumn(shared.lastCall, at, { cell: ({ lastAt }) => when(lastAt, at) }),
    gridColumn(shared.notes, at, { hidden: true }),
  ];
}

const nameCell = ({ server, tool, calls }: DescribedTool, route: Route): Children =>
  calls === 0 ? nameElement(tool) : link(elsewhere(route, 'sessions', { server, tool }), nameElement(tool));

function notes(
  { calls, definition }: DescribedTool,
  change: DescribedChange | undefined,
  at: number,
  route: Route,
): Children {
  return [
    definition !== undefined && calls === 0 && [' ', h('span', { class: 'badge' }, 'unused')],
    change !== undefined && [
      ' ',
      link(
        routeOf(change, route),
        h('span', { class: change.dangerous ? 'badge bad' : 'badge warn' }, 'changed ', when(change.at, at)),
      ),
    ],
  ];
}

/** How each tool answers each client. A client that is served unlike the rest stands out. */
function matrix(tools: readonly DescribedTool[], context: Context): VirtualElement {
  const calls = new Map<string, number>();
  for (const { clients } of tools)
    for (const each of clients) calls.set(each.client, (calls.get(each.client) ?? 0) + each.calls);
  const names = [...calls]
    .toSorted(([, a], [, b]) => b - a)
    .map(([client]) => client)
    .slice(0, MAX_CLIENTS);
  const of = ({ clients }: DescribedTool, name: string): ToolClient | undefined =>
    clients.find(({ client }) => client === name);
  return grid<DescribedTool>({
    key: 'matrix',
    caption: 'Share that failed, share that was rejected, and median answer of each tool for each client',
    rows: tools,
    keyOf: ({ server, tool }) => `${server} ${tool}`,
    sorting: context.sorting.get('matrix'),
    onSort: (sorting) => context.sort('matrix', sorting),
    columns: [
      {
        id: 'tool',
        title: 'Tool',
        cell: ({ tool }) => nameElement(tool),
        sort: ({ tool }) => nameText(tool),
        tone: () => 'main',
      },
      ...serverColumn(tools),
      ...names.map((name): GridColumn<DescribedTool> => ({
        id: name,
        title: nameText(name),
        number: true,
        cell: (tool) =>
          cell(
            of(tool, name),
            elsewhere(context.route, 'calls', { server: tool.server, tool: tool.tool, client: name }),
          ),
        sort: (tool) => of(tool, name)?.medianAnswerBytes,
        tone: (tool) => (of(tool, name)?.oddity === undefined ? undefined : 'odd'),
      })),
    ],
  });
}

const ODDITIES = { empty: '⚠ nearly empty ', failing: '⚠ ', rejected: '⚠ ' } as const;

function cell(figures: ToolClient | undefined, calls: Route): Children {
  if (figures === undefined) return h('span', { class: 'muted' }, NONE);
  const { failed, rejected, calls: number, medianAnswerBytes, oddity } = figures;
  const share = (part: number, status: 'failed' | 'rejected', tone: string): Children =>
    part > 0 && [
      link({ ...calls, status }, h('span', { class: tone }, `${percent(quotient(part, number))} ${status}`)),
      ' ',
    ];
  return [
    medianAnswerBytes !== undefined && [bytes(medianAnswerBytes), ' '],
    link(calls, `×${count(number)}`),
    (oddity !== undefined || failed > 0 || rejected > 0) &&
      h(
        'div',
        {},
        oddity !== undefined && h('strong', { class: oddity === 'rejected' ? 'orange' : 'red' }, ODDITIES[oddity]),
        share(failed, 'failed', 'red'),
        share(rejected, 'rejected', 'orange'),
      ),
  ];
}
