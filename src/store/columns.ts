import { Buffer } from 'node:buffer';
import type { SQLOutputValue } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

export const numberAt = (row: Row, name: string): number => Number(row[name] ?? 0);

export const textAt = (row: Row, name: string): string => String(row[name] ?? '');

/** Both `''` and NULL mean that there is no value. */
export const optionalTextAt = (row: Row, name: string): string | undefined => textAt(row, name) || undefined;

/** Milliseconds since the epoch, from a column in microseconds; undefined: NULL. */
export const timeAt = (row: Row, name: string): number | undefined =>
  row[name] === null || row[name] === undefined ? undefined : numberAt(row, name) / 1_000;

export const secondsAt = (row: Row, name: string): number => numberAt(row, name) / 1_000_000;

export function hexAt(row: Row, name: string): string | undefined {
  const value = row[name];
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined;
}
