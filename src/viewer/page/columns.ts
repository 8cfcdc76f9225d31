import { CLIENT_COLUMNS } from '../../reading/client-columns.ts';
import { hasSeveralServers, type SharedColumn } from '../../reading/column.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import type { GridColumn } from './grid.ts';
import { link } from './parts.ts';
import { elsewhere, type Route } from './route.ts';
import { sortedRoute } from './sorting.ts';

/** A column of the page from one that all faces share. `now`: milliseconds since the epoch. */
export const gridColumn = <Row>(
  shared: SharedColumn<NoInfer<Row>>,
  now: number,
  more: Partial<GridColumn<Row>> = {},
): GridColumn<Row> => ({
  id: shared.id,
  title: capitalised(shared.title),
  ...(shared.hint !== undefined && { hint: shared.hint }),
  number: shared.side === 'right',
  cell: (row) => shared.text(row, now),
  sort: (row) => shared.value(row),
  ...more,
});

/** The same, where each figure is a link to what it counts; nothing is no link. */
export const linkColumn = <Row>(
  shared: SharedColumn<NoInfer<Row>>,
  now: number,
  to: (row: Row) => Route,
  more: Partial<GridColumn<Row>> = {},
): GridColumn<Row> =>
  gridColumn<Row>(shared, now, {
    cell: (row) => ((shared.value(row) ?? 0) === 0 ? shared.text(row, now) : link(to(row), shared.text(row, now))),
    ...more,
  });

/** The tool calls of a client. */
export const callsOfClient = (
  { server, client }: { server: string; client: string },
  route: Route,
  narrower: Partial<Route> = {},
): Route => elsewhere(route, 'calls', { server, client, tool: route.tool, method: 'tools/call', ...narrower });

/** The successful handshakes of a client. */
export const handshakesOfClient = ({ server, client }: { server: string; client: string }, route: Route): Route =>
  elsewhere(route, 'calls', { server, client, status: 'handshake' });

/** Handshakes per call, as a link to the handshakes. */
export const handshakeCell = (now: number, route: Route): Pick<GridColumn<ClientFigures>, 'cell'> => ({
  cell: (client) => {
    const text = CLIENT_COLUMNS.handshakesPerCall.text(client, now);
    return client.handshakes === 0 ? text : link(handshakesOfClient(client, route), text);
  },
});

/** The address of the slowest calls first. */
export const slowestFirst = (route: Route): Route => sortedRoute(route, 'calls', { id: 'took', down: true });

/** `p95` stays as it is. */
const capitalised = (title: string): string =>
  /^p\d/.test(title) ? title : `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`;

/** Names the server of each row, where the rows are of several servers. */
export const serverColumn = <Row extends { server: string }>(rows: readonly Row[]): GridColumn<Row>[] =>
  hasSeveralServers(rows)
    ? [{ id: 'server', title: 'Server', cell: ({ server }) => server, sort: ({ server }) => server }]
    : [];

/** From this share on, calls that failed or were rejected stand out. */
const ALARMING_SHARE = 0.05;

const shareColumn =
  (tone: 'red' | 'orange') =>
  <Row>(shared: SharedColumn<NoInfer<Row>>, now: number, to: (row: Row) => Route): GridColumn<Row> =>
    linkColumn<Row>(shared, now, to, {
      tone: (row) => (Number(shared.value(row) ?? 0) >= ALARMING_SHARE ? tone : undefined),
    });

/** A column of shares that failed. */
export const failedColumn = shareColumn('red');

/** A column of shares that were rejected, which is no failure of the server. */
export const rejectedColumn = shareColumn('orange');
