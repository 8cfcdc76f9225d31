import type { Lanes } from '../../reading/lanes/lanes.ts';

/** A report, before it becomes HTML or Markdown. Its texts are not escaped: whoever writes them out does that. */
export interface Report {
  title: string;
  about: readonly string[];
  /** When it was made: milliseconds since the epoch. */
  at: number;
  /** Undefined: it is not about sessions. */
  lanes: Lanes | undefined;
  sections: readonly Section[];
}

export interface Section {
  title: string;
  /** Sentences above the table. */
  points: readonly string[];
  table: { head: readonly Head[]; rows: readonly (readonly string[])[] } | undefined;
}

export type Head = readonly [title: string, side: 'left' | 'right'];
