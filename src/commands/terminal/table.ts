import type { SharedColumn } from '../../reading/column.ts';
import { painted, type Colour, type Out } from './out.ts';
import { elided, padded, widthOf } from './text.ts';
import { plain } from '../../reading/plain.ts';

export interface Column<Row> extends Layout<Row> {
  title: string;
  side: 'left' | 'right';
  cell(row: Row): string;
}

export interface Layout<Row> {
  /** Where there is no room, the column is cut to this width. */
  least?: number;
  /** On a terminal the column is never wider. */
  most?: number;
  /** Where there is no room, the column is left out: the one with the highest number first. */
  spare?: number;
  colour?(row: Row): Colour | undefined;
}

/** What a table may take of a terminal, and how it is indented. */
export interface TableOptions<Row> extends Omit<Out, 'write'> {
  /** Columns of space before each line. */
  indent?: number;
  /** Text for a line of its own below a row. */
  below?(row: Row): string | undefined;
  /** The column under which that line begins; undefined: the last one. */
  belowColumn?: number;
}

/** A column of a terminal's table from one that all faces share. `now`: milliseconds since the epoch. */
export const columnFrom = <Row>(shared: SharedColumn<Row>, now: number, layout: Layout<Row> = {}): Column<Row> => ({
  title: shared.title,
  side: shared.side,
  cell: (row) => shared.text(row, now),
  ...layout,
});

const GAP_COLUMNS = 2;

/** Rows under their titles, made to fit: long cells are cut, spare columns are left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], out: TableOptions<Row>): string {
  const sized = sizedColumns(columns, rows, out);
  const head = lineOf(
    sized.map(({ column, width }) => padded(elided(column.title, width), width, column.side)),
    out,
  );
  return `${[painted(head, 'bold', out), ...linesOf(sized, rows, out)].join('\n')}\n`;
}

/** The same without titles: the text of each row. */
export const tableRows = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  out: TableOptions<Row>,
): string[] => linesOf(sizedColumns(columns, rows, out), rows, out);

interface Sized<Row> {
  column: Column<Row>;
  cells: readonly string[];
  width: number;
}

function sizedColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { columns: room, indent = 0 }: TableOptions<Row>,
): Sized<Row>[] {
  const all = columns.map((column) => {
    const most = room === undefined ? undefined : column.most;
    const cells = rows.map((row) => {
      const text = plain(column.cell(row));
      return most === undefined ? text : elided(text, most);
    });
    return { column, cells, width: Math.max(widthOf(column.title), ...cells.map(widthOf)) };
  });
  return room === undefined ? all : fitted(all, room - indent);
}

const lineOf = (texts: readonly string[], { indent = 0 }: { indent?: number }): string =>
  `${' '.repeat(indent)}${texts.join(' '.repeat(GAP_COLUMNS))}`.trimEnd();

function linesOf<Row>(sized: readonly Sized<Row>[], rows: readonly Row[], out: TableOptions<Row>): string[] {
  const before = sized.slice(0, out.belowColumn ?? -1);
  const start = before.reduce((total, { width }) => total + width + GAP_COLUMNS, out.indent ?? 0);
  const room = out.columns === undefined ? Infinity : Math.max(1, out.columns - start);
  return rows.map((row, index) => {
    const cells = sized.map(({ column, cells: texts, width }) =>
      painted(padded(elided(texts[index] ?? '', width), width, column.side), column.colour?.(row), out),
    );
    const below = out.below?.(row);
    if (below === undefined) return lineOf(cells, out);
    return `${lineOf(cells, out)}\n${' '.repeat(start)}${elided(plain(below), room)}`;
  });
}

function fitted<Row>(all: readonly Sized<Row>[], room: number): Sized<Row>[] {
  let kept = [...all];
  const leastOf = ({ column, width }: Sized<Row>): number =>
    column.least === undefined ? width : Math.min(width, Math.max(column.least, widthOf(column.title)));
  const taken = (width: (each: Sized<Row>) => number): number =>
    kept.reduce((total, each) => total + width(each) + GAP_COLUMNS, -GAP_COLUMNS);
  while (taken(leastOf) > room) {
    const spared = kept.reduce<Sized<Row> | undefined>(
      (most, each) => ((each.column.spare ?? 0) > (most?.column.spare ?? 0) ? each : most),
      undefined,
    );
    if (spared === undefined) break;
    kept = kept.filter((each) => each !== spared);
  }
  // Columns that may be cut give way a character at a time, the widest first.
  const widths = new Map(kept.map((each) => [each, each.width]));
  const widthNow = (each: Sized<Row>): number => widths.get(each) ?? each.width;
  for (let over = taken(widthNow) - room; over > 0; over--) {
    const widest = kept
      .filter((each) => widthNow(each) > leastOf(each))
      .toSorted((a, b) => widthNow(b) - widthNow(a))[0];
    if (widest === undefined) break;
    widths.set(widest, widthNow(widest) - 1);
  }
  return kept.map((each) => ({ ...each, width: widthNow(each) }));
}
