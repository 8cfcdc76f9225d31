import type { Route } from './route.ts';
import type { Sorting, State, TimelineRange } from './state.ts';

/** What views draw from, beside the answer to their question, and how they change it. */
export interface Context extends State {
  sort(table: string, sorting: Sorting): void;
  go(route: Route): void;
  setRange(range: TimelineRange): void;
}
