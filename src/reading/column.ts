import { count, duration, NONE, percent } from './figures.ts';

/** One figure or name of a row: the commands, the report and the page each show a choice of them. */
export interface SharedColumn<Row> {
  readonly id: string;
  /** In lower case; the page writes it with a capital. */
  readonly title: string;
  /** What the title alone does not say. */
  readonly hint: string | undefined;
  /** Numbers stand at the right. */
  readonly side: 'left' | 'right';
  /** What rows are sorted by; undefined: the row has no such figure. */
  value(row: Row): number | string | undefined;
  /** The value as people read it. `now`: milliseconds since the epoch. */
  text(row: Row, now: number): string;
}

export interface ColumnOptions<Row, Value extends number | string> {
  readonly id: string;
  readonly title: string;
  readonly hint?: string;
  readonly side: 'left' | 'right';
  value(row: Row): Value | undefined;
  format(value: Value, now: number): string;
}

/** A column of values that are all formatted in one way; a dash stands for a missing value. */
export const column = <Row, Value extends number | string>(options: ColumnOptions<Row, Value>): SharedColumn<Row> => ({
  id: options.id,
  title: options.title,
  hint: options.hint,
  side: options.side,
  value: (row) => options.value(row),
  text: (row, now) => {
    const value = options.value(row);
    return value === undefined ? NONE : options.format(value, now);
  },
});

const numberColumn =
  (format: (value: number) => string) =>
  <Row>(id: string, title: string, value: (row: Row) => number | undefined, hint?: string): SharedColumn<Row> =>
    column({ id, title, side: 'right', value, format, ...(hint !== undefined && { hint }) });

export const countColumn = numberColumn(count);
export const percentColumn = numberColumn(percent);
export const durationColumn = numberColumn(duration);
/** A quotient with two digits. */
export const ratioColumn = numberColumn((value) => value.toFixed(2));

export const textColumn = <Row>(
  id: string,
  title: string,
  value: (row: Row) => string | undefined,
  hint?: string,
): SharedColumn<Row> =>
  column({ id, title, side: 'left', value, format: (text) => text, ...(hint !== undefined && { hint }) });

/** Undefined where there is nothing to divide by. */
export const quotient = (dividend: number, divisor: number): number | undefined =>
  divisor === 0 ? undefined : dividend / divisor;

/** Rows of one server need no column that names it. */
export const hasSeveralServers = (rows: readonly { readonly server: string }[]): boolean =>
  rows.some(({ server }) => server !== rows[0]?.server);
