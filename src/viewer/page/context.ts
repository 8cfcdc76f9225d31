import type { About } from '../answers.ts';
import type { Told, Live } from './feed.ts';
import type { Sorting } from './grid.ts';
import type { Route } from './route.ts';

/** What views draw from, beside the answer to their question. */
export interface Context {
  route: Route;
  about: About | undefined;
  live: Live;
  /** Of the session that is open. */
  timeline: Told<'session'> | undefined;
  /** By table. */
  sorting: ReadonlyMap<string, Sorting>;
  sort(table: string, sorting: Sorting): void;
  go(route: Route): void;
  /** Of the session that is open: how many of its operations, and whether the latest. */
  shown: { operations: number; latest: boolean };
  show(shown: Context['shown']): void;
  /** The order of sessions while one of them is read; undefined: as they come. */
  order: readonly number[] | undefined;
  /** Since when nothing was answered, by our clock; undefined: all is well. */
  staleSince: Date | undefined;
}
