import { h, type Children, type VirtualElement } from './element.ts';
import type { Sorting } from './state.ts';

export interface GridColumn<Row> {
  id: string;
  title: string;
  /** What the title alone does not say. */
  hint?: string;
  number?: boolean;
  cell(row: Row): Children;
  /** What rows are sorted by; absent: the column cannot be sorted. */
  sort?(row: Row): number | string | undefined;
  /** A class for the cell. */
  tone?(row: Row): string | undefined;
  /** Left out on narrow screens. */
  wide?: boolean;
}

export interface GridOptions<Row> {
  key: string;
  caption: string;
  columns: readonly GridColumn<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  /** Undefined: the order of `rows`. */
  sorting: Sorting | undefined;
  onSort(sorting: Sorting): void;
  /** The content below an open row; undefined: the row is closed. */
  below?(row: Row): VirtualElement | undefined;
}

/** A table that can be sorted by its columns, and whose rows can be opened. */
export function grid<Row>(options: GridOptions<Row>): VirtualElement {
  const { key, caption, columns, keyOf, below } = options;
  return h(
    'div',
    { key, class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => heading(column, options)),
        ),
      ),
      h(
        'tbody',
        {},
        sorted(options).map((row) => {
          const under = below?.(row);
          return [
            h(
              'tr',
              { key: keyOf(row), class: under === undefined ? undefined : 'open' },
              columns.map((column) => h('td', { class: classOf(column, column.tone?.(row)) }, column.cell(row))),
            ),
            under !== undefined &&
              h('tr', { key: `${keyOf(row)} below`, class: 'below' }, h('td', { colspan: columns.length }, under)),
          ];
        }),
      ),
    ),
  );
}

function heading<Row>(column: GridColumn<Row>, { sorting, onSort }: GridOptions<Row>): VirtualElement {
  const own = sorting?.id === column.id;
  const down = own && sorting.down;
  const { sort, title, hint } = column;
  const props = { scope: 'col', class: classOf(column), title: hint };
  if (sort === undefined) return h('th', props, title);
  return h(
    'th',
    { ...props, 'aria-sort': own ? (down ? 'descending' : 'ascending') : undefined },
    h(
      'button',
      { type: 'button', class: 'plain', on: { click: () => onSort({ id: column.id, down: own ? !down : true }) } },
      title,
      own && h('span', { 'aria-hidden': 'true' }, down ? ' ↓' : ' ↑'),
    ),
  );
}

function sorted<Row>({ rows, columns, sorting }: GridOptions<Row>): readonly Row[] {
  const by = columns.find(({ id }) => id === sorting?.id)?.sort;
  if (by === undefined || sorting === undefined) return rows;
  const sign = sorting.down ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [by(a), by(b)];
    // Rows without a figure come last, in either direction.
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return (
      sign *
      (typeof left === 'number' && typeof right === 'number' ? left - right : String(left).localeCompare(String(right)))
    );
  });
}

const classOf = <Row>({ number, wide }: GridColumn<Row>, tone?: string): string | undefined =>
  [number === true ? 'number' : '', wide === true ? 'wide' : '', tone ?? ''].filter(Boolean).join(' ') || undefined;
