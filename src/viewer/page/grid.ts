import { counted } from '../../reading/figures.ts';
import { h, textOf, type Children, type VirtualElement } from './element.ts';
import { download } from './download.ts';
import { csvOf, jsonOf, type Exported } from './table-text.ts';
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
  /** What is exported, where that is not what rows are sorted by. */
  value?(row: Row): number | string | undefined;
  /** It is only exported. */
  hidden?: boolean;
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
  /** The table moves by itself, but not while somebody is in it. */
  holds?: boolean;
  /** The content below an open row; undefined: the row is closed. */
  below?(row: Row): VirtualElement | undefined;
}

/** A table that can be sorted by its columns, and whose rows can be opened. */
export function grid<Row>(options: GridOptions<Row>): VirtualElement {
  const { key, caption, keyOf, below, holds } = options;
  const columns = options.columns.filter(({ hidden }) => hidden !== true);
  const rows = sorted(options);
  const scroll = h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption, 'data-holds': holds },
    // On narrow screens a row is a card (`page.css`), which takes its role from an element.
    h(
      'table',
      { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        { role: 'rowgroup' },
        h(
          'tr',
          { role: 'row' },
          columns.map((column) => heading(column, options)),
        ),
      ),
      h(
        'tbody',
        { role: 'rowgroup' },
        rows.map((row) => {
          const under = below?.(row);
          return [
            h(
              'tr',
              { key: keyOf(row), role: 'row', class: under === undefined ? undefined : 'open' },
              columns.map((column) =>
                h(
                  'td',
                  { role: 'cell', class: classOf(column, column.tone?.(row)), 'data-title': column.title },
                  h('div', {}, column.cell(row)),
                ),
              ),
            ),
            under !== undefined &&
              h(
                'tr',
                { key: `${keyOf(row)} below`, role: 'row', class: 'below' },
                h('td', { role: 'cell', colspan: columns.length }, under),
              ),
          ];
        }),
      ),
    ),
  );
  return h('div', { key, class: 'grid' }, scroll, rows.length > 0 && exportButtons(options, rows));
}

/** Saves what the table shows. */
function exportButtons<Row>({ caption, columns, key }: GridOptions<Row>, rows: readonly Row[]): VirtualElement {
  const titles = columns.map(({ title }) => title);
  const values = (): Exported[][] => rows.map((row) => columns.map((column) => exported(column, row)));
  const button = (kind: string, save: () => void): VirtualElement =>
    h(
      'button',
      { type: 'button', class: 'plain', 'aria-label': `Save as ${kind}: ${caption}`, on: { click: save } },
      kind,
    );
  const name = `mcpspan-${key.replaceAll(' ', '-')}`;
  return h(
    'p',
    { class: 'exports' },
    `Save ${counted(rows.length, 'row')} as `,
    button('CSV', () => download(`${name}.csv`, 'text/csv', csvOf(titles, values()))),
    button('JSON', () => download(`${name}.json`, 'application/json', jsonOf(titles, values()))),
  );
}

function exported<Row>({ value, sort, cell }: GridColumn<Row>, row: Row): Exported {
  if (value !== undefined) return value(row);
  return sort === undefined ? textOf(cell(row)).trim() : sort(row);
}

function heading<Row>(column: GridColumn<Row>, { sorting, onSort }: GridOptions<Row>): VirtualElement {
  const own = sorting?.id === column.id;
  const down = own && sorting.down;
  const { sort, title, hint } = column;
  const props = { scope: 'col', role: 'columnheader', class: classOf(column), title: hint };
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

const classOf = <Row>({ number }: GridColumn<Row>, tone?: string): string | undefined =>
  [number === true ? 'number' : '', tone ?? ''].filter(Boolean).join(' ') || undefined;
