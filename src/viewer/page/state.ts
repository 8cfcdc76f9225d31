import type { StoredOperation } from '../../store/operation-queries.ts';
import type { About, Answers, QuestionKind } from '../api.ts';
import { hashOf, type Route, type ViewName } from './route.ts';

/** An answer of the server, or why there is none. */
export type Answered<Kind extends QuestionKind> = { ok: true; answer: Answers[Kind] } | { ok: false; trouble: string };

/** What the stream has sent so far. */
export interface Live {
  /** The latest first. */
  readonly operations: readonly StoredOperation[];
  /** Operations that came too fast to be sent one by one, since the page was opened. */
  readonly missed: number;
  readonly connected: boolean;
}

/** The column that a table is sorted by. */
export interface Sorting {
  id: string;
  down: boolean;
}

/** Which operations of the open session are drawn. */
export interface TimelineRange {
  readonly operations: number;
  /** The latest ones, in place of the first. */
  readonly latest: boolean;
}

/** The first range of a session; the user can ask for more. */
export const FIRST_RANGE: TimelineRange = { operations: 300, latest: false };

/** The answer to the question of one view. */
export type ViewAnswer = { [View in ViewName]: { view: View; answered: Answered<View> } }[ViewName];

/** All that the page is drawn from. */
export interface State {
  readonly route: Route;
  readonly about: About | undefined;
  /** The latest answer, and the scope that it was asked for. */
  readonly latest: ViewAnswer | undefined;
  readonly latestScope: string;
  /** The operations of the open session. */
  readonly timeline: Answered<'session'> | undefined;
  readonly range: TimelineRange;
  /** The order of sessions while one of them is open; undefined: the order of the answer. */
  readonly order: readonly number[] | undefined;
  /** When answers began to fail, by the browser's clock; undefined: they do not fail. */
  readonly staleSince: Date | undefined;
  /** The session whose button gets the focus, or that is scrolled to, when the page is drawn next. */
  readonly rowToFocus: number | undefined;
  readonly rowToScrollTo: number | undefined;
  readonly live: Live;
  /** By table. */
  readonly sorting: ReadonlyMap<string, Sorting>;
}

/** What a question is about, whichever session is open. */
export const scopeOf = (route: Route): string => hashOf({ ...route, row: undefined });

/** While a session is open, rows stay where they are: nothing moves away under the reader's eyes. */
export function heldOrder({ route, order, latest, latestScope }: State): State['order'] {
  if (route.view !== 'sessions' || route.row === undefined) return undefined;
  if (order !== undefined || latestScope !== scopeOf(route)) return order;
  return latest?.view === 'sessions' && latest.answered.ok
    ? latest.answered.answer.sessions.map(({ row }) => row)
    : undefined;
}

/** What follows from another address. */
export function routeChange({ route, order, range, timeline }: State, next: Route): Partial<State> {
  const sameSession = next.row === route.row;
  const sameScope = scopeOf(next) === scopeOf(route);
  return {
    route: next,
    range: sameSession ? range : FIRST_RANGE,
    timeline: sameSession ? timeline : undefined,
    order: sameScope && route.row !== undefined ? order : undefined,
    ...(next.view !== route.view && { rowToScrollTo: next.row }),
  };
}
