import { count } from './figures.ts';

/**
 * How many bytes of JSON make a token. Measured with two tokenizers: 3.8 to 4.6 for definitions of tools, 3.6 to 3.8
 * for prose and source code in answers, 2.4 to 3 for answers full of ids and numbers (docs/tokens.md).
 */
export const BYTES_PER_TOKEN = 4;

/** An estimate of what a text of so many bytes takes of a model's context. */
export const tokensIn = (bytes: number): number => Math.round(bytes / BYTES_PER_TOKEN);

/** Two digits, as an estimate has no more: `11 000`. */
export function tokensInWords(tokens: number): string {
  const step = 10 ** Math.max(0, String(tokens).length - 2);
  return count(Math.round(tokens / step) * step);
}
