import type { SharedColumn } from '../../reading/column.ts';
import { isoTime } from '../store/filters.ts';

type Value = string | number | boolean;

/** One member of a row in an answer, with its JSON Schema. */
export interface Field<Row> {
  schema: { type: 'string' | 'number' | 'boolean'; description?: string };
  /** Undefined: the row does not have it. */
  value(row: Row, now: number): Value | undefined;
}

export type Fields<Row> = Readonly<Record<string, Field<Row>>>;

const field =
  (type: Field<never>['schema']['type']) =>
  <Row>(value: Field<Row>['value'], description?: string): Field<Row> => ({
    schema: { type, ...(description !== undefined && { description }) },
    value,
  });

export const textField = field('string');
export const numberField = <Row>(value: (row: Row) => number | undefined, description?: string): Field<Row> =>
  field('number')((row: Row) => {
    const number = value(row);
    return number === undefined ? undefined : rounded(number);
  }, description);
export const flagField = field('boolean');

export const timeField = <Row>(at: (row: Row) => number | undefined, description?: string): Field<Row> =>
  textField((row) => isoTime(at(row)) ?? undefined, description);

/** The figure of a column that all faces share, as a number or a text, described by the column's own words. */
export const fromColumn = <Row>(
  column: SharedColumn<Row>,
  type: 'number' | 'string',
  unit?: 'share, 0 to 1',
): Field<Row> => ({
  schema: { type, description: [column.hint ?? column.title, unit].filter((part) => part !== undefined).join('; ') },
  value: (row) => {
    const value = column.value(row);
    return typeof value === 'number' ? rounded(value) : value;
  },
});

/** Four digits of a fraction say enough; a whole number stays as it is. */
const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));

/** A row as an answer shows it. @param now milliseconds since the epoch */
export function shown<Row>(row: Row, fields: Fields<Row>, now: number): Record<string, Value> {
  const values = Object.entries(fields).map(([name, { value }]): [string, Value | undefined] => [
    name,
    value(row, now),
  ]);
  return Object.fromEntries(
    values.filter((entry): entry is [string, Value] => entry[1] !== undefined && entry[1] !== ''),
  );
}

/** The JSON Schema of such rows. */
export const rowSchema = (fields: Fields<never>): Readonly<Record<string, unknown>> => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
});
