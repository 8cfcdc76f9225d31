import type { StoredCount } from '../store/reader.ts';

/** A reason for which mcpspan refused requests, and how many. */
export interface CountedRefusal {
  server: string;
  status: string;
  /** With the cure, where there is one. */
  text: string;
  number: number;
}

export const refusalInWords = (status: number | string, text: string): string =>
  `requests are refused with HTTP ${status}: ${text}`;

/** What the store counted of requests that mcpspan refused, the most frequent first. */
export function countedRefusals(counts: readonly StoredCount[]): CountedRefusal[] {
  return counts
    .flatMap(({ server, what, number }) => {
      const [, status, text] = /^refused-(\d+) (.*)$/s.exec(what) ?? [];
      return status === undefined || text === undefined ? [] : [{ server, status, text, number }];
    })
    .toSorted((a, b) => b.number - a.number);
}
