import { Buffer } from 'node:buffer';

/** Rows of one answer take at most so much: about 6 000 tokens, a quarter of what Claude Code takes of one answer. */
const MAX_ROWS_BYTES = 24_000;

/** The first rows that fit; at least one, whose texts are bounded by themselves. */
export function bounded<Row>(rows: readonly Row[]): Row[] {
  let bytes = 0;
  return rows.filter((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return index === 0 || bytes <= MAX_ROWS_BYTES;
  });
}
