import { bytes, duration, NONE } from '../../reading/figures.ts';
import { statusOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import { serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
import type { GridColumn } from './grid.ts';
import { link, nameElement, when } from './parts.ts';
import { elsewhere } from './route.ts';

const SHORT_ID_CHARS = 8;

export function callColumns(
  rows: readonly StoredOperation[],
  at: number,
  context: Context,
): GridColumn<StoredOperation>[] {
  const { route } = context;
  const ended = ({ startedAt, seconds }: StoredOperation): number => startedAt + seconds * 1_000;
  return [
    {
      id: 'time',
      title: 'Time',
      cell: (row) => when(ended(row), at),
      sort: ended,
      value: (row) => new Date(ended(row)).toISOString(),
    },
    {
      id: 'method',
      title: 'Method',
      cell: (row) => opener(row, context),
      value: ({ method }) => method,
      tone: () => 'main',
    },
    {
      id: 'tool',
      title: 'Tool',
      cell: ({ target, uri }) =>
        target === undefined ? h('span', { class: 'muted' }, uri ?? NONE) : nameElement(target),
      value: ({ target, uri }) => target ?? uri,
      tone: () => 'name',
    },
    {
      id: 'client',
      title: 'Client',
      cell: ({ client }) => nameElement(client),
      value: ({ client }) => client,
      tone: () => 'name',
    },
    ...serverColumn(rows).map(({ sort: _sort, ...column }) => ({
      ...column,
      value: ({ server }: StoredOperation) => server,
    })),
    {
      id: 'status',
      title: 'Status',
      cell: (row) => statusOf(row) || 'ok',
      tone: toneOf,
      value: (row) => statusOf(row) || 'ok',
    },
    {
      id: 'took',
      title: 'Duration',
      number: true,
      cell: ({ seconds, form }) => (form === 'notification' ? NONE : duration(seconds)),
      sort: ({ seconds }) => seconds,
      value: ({ seconds }) => seconds,
    },
    {
      id: 'request',
      title: 'Request',
      number: true,
      cell: ({ requestBytes }) => bytes(requestBytes),
      value: ({ requestBytes }) => requestBytes,
    },
    {
      id: 'answer',
      title: 'Answer',
      number: true,
      cell: ({ responseBytes }) => bytes(responseBytes),
      value: ({ responseBytes }) => responseBytes,
    },
    {
      id: 'session',
      title: 'Session',
      cell: ({ session }) => {
        // Activity has no id that a person would recognise.
        if (session === undefined) return h('span', { class: 'muted' }, NONE);
        const short = session.real ? h('code', { title: session.id }, session.id.slice(0, SHORT_ID_CHARS)) : 'activity';
        return link(elsewhere(route, 'sessions', { session: session.traceId }), short);
      },
      value: ({ session }) => session?.id,
    },
    { id: 'message', title: 'Message', hidden: true, cell: ({ message }) => message, value: ({ message }) => message },
    { id: 'trace', title: 'Trace', hidden: true, cell: ({ traceId }) => traceId, value: ({ traceId }) => traceId },
    { id: 'id', title: 'Id', hidden: true, cell: ({ id }) => id, value: ({ id }) => id },
  ];
}

function opener({ id, method, target, uri, direction }: StoredOperation, { route, go }: Context): Children {
  const open = route.operation === id;
  return h(
    'button',
    {
      type: 'button',
      id: `call-${id}`,
      class: 'plain opener',
      'aria-expanded': open ? 'true' : 'false',
      on: { click: () => go({ ...route, operation: open ? undefined : id }) },
    },
    h('span', { 'aria-hidden': 'true', class: 'arrow' }, open ? '▾' : '▸'),
    direction === 'to-client' && h('span', { class: 'muted' }, '↳ '),
    method,
    h('span', { class: 'unseen' }, ` ${target ?? uri ?? ''}, call ${id}`),
  );
}

/** A rejected or cancelled call is no failure of the server. */
const toneOf = ({ failed, outcome }: StoredOperation): string | undefined =>
  failed ? 'red' : outcome === 'ok' ? undefined : 'orange';
