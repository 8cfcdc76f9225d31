import type { SQLInputValue } from 'node:sqlite';

/**
 * Values for `?1`, `?2` and so on. Newer versions of Node take them one after another, too; in Node 22.19 such a parameter
 * has to be named.
 */
export const numbered = (...values: readonly SQLInputValue[]): Record<string, SQLInputValue> =>
  Object.fromEntries(values.map((value, index) => [`?${index + 1}`, value]));
