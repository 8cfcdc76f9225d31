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
  /** More operations of the session that is open. */
  showMore(): void;
}
