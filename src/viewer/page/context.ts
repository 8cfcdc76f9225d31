import type { Route } from './route.ts';
import type { Sorting, State, TimelineRange } from './state.ts';

/** What views draw from, beside the answer to their question, and how they change it. */
export interface Context extends State {
  /** By table. */
  readonly sorting: ReadonlyMap<string, Sorting>;
  /** Of the content, in pixels. */
  width: number;
  sort(table: string, sorting: Sorting): void;
  go(route: Route): void;
  setRange(range: TimelineRange): void;
  /** Lists so many calls. */
  setRows(rows: number): void;
  /** Stops and starts the lists that move by themselves. */
  pause(paused: boolean): void;
  search(text: string): void;
  closeHint(): void;
}
