import { elided, padded, plain, widthOf, wrapped } from './text.ts';

/** Where a command writes to. */
export interface Out {
  /** Of the terminal; undefined: it is none, and lines may be of any length. */
  columns: number | undefined;
  colours: boolean;
  write(text: string): void;
}

export type Colour = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

export interface Column<Row> {
  title: string;
  side: 'left' | 'right';
  cell(row: Row): string;
  /** It may be cut to so many characters where there is no room. */
  least?: number;
  /** On a terminal it is never wider. */
  most?: number;
  /** It may be left out where there is no room: the highest first. */
  spare?: number;
  colour?(row: Row): Colour | undefined;
}

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
};
const GAP_COLUMNS = 2;

export function painted(text: string, colour: Colour | undefined, { colours }: Pick<Out, 'colours'>): string {
  if (!colours || colour === undefined || text === '') return text;
  const [on, off] = CODES[colour];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** Sentences, each on lines of its own; what is empty is left out. */
export function prose(sentences: readonly string[], { columns }: Pick<Out, 'columns'>): string {
  const lines = sentences.filter((text) => text !== '').map((text) => wrapped(plain(text), columns));
  return lines.map((line) => `${line}\n`).join('');
}

/** Rows under their titles, made to fit: what is long is cut, what can be spared is left out. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], out: Omit<Out, 'write'>): string {
  const all = columns.map((column) => {
    const most = out.columns === undefined ? undefined : column.most;
    const cells = rows.map((row) => {
      const text = plain(column.cell(row));
      return most === undefined ? text : elided(text, most);
    });
    return { column, cells, width: Math.max(widthOf(column.title), ...cells.map(widthOf)) };
  });
  const shown = fitted(all, out.columns);
  const line = (texts: readonly string[]): string => texts.join(' '.repeat(GAP_COLUMNS)).trimEnd();
  const head = line(shown.map(({ column, width }) => padded(elided(column.title, width), width, column.side)));
  const body = rows.map((row, index) =>
    line(
      shown.map(({ column, cells, width }) =>
        painted(padded(elided(cells[index] ?? '', width), width, column.side), column.colour?.(row), out),
      ),
    ),
  );
  return `${[painted(head, 'bold', out), ...body].join('\n')}\n`;
}

interface Sized {
  column: Pick<Column<never>, 'title' | 'least' | 'spare'>;
  width: number;
}

function fitted<Each extends Sized>(all: readonly Each[], room: number | undefined): Each[] {
  if (room === undefined) return [...all];
  let shown = [...all];
  const leastOf = ({ column, width }: Sized): number =>
    column.least === undefined ? width : Math.min(width, Math.max(column.least, widthOf(column.title)));
  const taken = (width: (each: Sized) => number): number =>
    shown.reduce((total, each) => total + width(each) + GAP_COLUMNS, -GAP_COLUMNS);
  while (taken(leastOf) > room) {
    const spared = shown.reduce<Each | undefined>(
      (most, each) => ((each.column.spare ?? 0) > (most?.column.spare ?? 0) ? each : most),
      undefined,
    );
    if (spared === undefined) break;
    shown = shown.filter((each) => each !== spared);
  }
  // What can be cut gives way a character at a time, the widest first.
  const widths = new Map(shown.map((each) => [each, each.width]));
  const widthNow = (each: Sized): number => widths.get(each as Each) ?? each.width;
  for (let over = taken(widthNow) - room; over > 0; over--) {
    const widest = shown
      .filter((each) => widthNow(each) > leastOf(each))
      .toSorted((a, b) => widthNow(b) - widthNow(a))[0];
    if (widest === undefined) break;
    widths.set(widest, widthNow(widest) - 1);
  }
  return shown.map((each) => ({ ...each, width: widthNow(each) }));
}
