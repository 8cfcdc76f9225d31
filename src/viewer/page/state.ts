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

/** A list that stands still: under the mouse, while it has the focus, or because the page is paused. */
export interface Hold {
  /** The last operation that was written before it. */
  readonly upTo: number;
  /** When it began, on the clock of the page, in milliseconds. */
  readonly from: number;
  /** What the list of the latest operations showed. */
  readonly latest: readonly StoredOperation[];
}

/** How many calls are listed at first; the user can ask for more. */
export const FIRST_ROWS = 200;

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
  /** Those of the session beside it. */
  readonly beside: Answered<'session'> | undefined;
  readonly range: TimelineRange;
  /** The order of sessions while one of them is open; undefined: the order of the answer. */
  readonly order: readonly number[] | undefined;
  /** When answers began to fail, by the browser's clock; undefined: they do not fail. */
  readonly staleSince: Date | undefined;
  /** What is open in the address whose button gets the focus, or that is scrolled to, when the page is drawn next. */
  readonly toFocus: string | undefined;
  readonly toScrollTo: string | undefined;
  readonly live: Live;
  /** How many calls are asked for. */
  readonly rows: number;
  /** The user has paused the lists that move by themselves. */
  readonly paused: boolean;
  /** Undefined: they move. */
  readonly hold: Hold | undefined;
  /** Why a search found nothing. */
  readonly searchHint: string | undefined;
}

/** What a question is about, whichever session or call is open, and however tables are sorted. */
export const scopeOf = (route: Route): string =>
  hashOf({
    ...route,
    operation: undefined,
    change: undefined,
    journey: undefined,
    sort: undefined,
    scale: undefined,
    beside: undefined,
    ...(route.view === 'sessions' && { session: undefined }),
  });

/** While a session is open, rows stay where they are: nothing moves away under the reader's eyes. */
export function heldOrder({ route, order, latest, latestScope }: State): State['order'] {
  if (route.view !== 'sessions' || route.session === undefined) return undefined;
  if (order !== undefined || latestScope !== scopeOf(route)) return order;
  return latest?.view === 'sessions' && latest.answered.ok
    ? latest.answered.answer.sessions.map(({ row }) => row)
    : undefined;
}

/** What follows from another address. */
export function routeChange({ route, order, range, timeline, rows, hold }: State, next: Route): Partial<State> {
  const sameSession = next.session === route.session;
  const sameScope = scopeOf(next) === scopeOf(route);
  return {
    route: next,
    range: sameSession ? range : FIRST_RANGE,
    timeline: sameSession ? timeline : undefined,
    ...(next.beside !== route.beside && { beside: undefined }),
    order: sameScope && route.session !== undefined ? order : undefined,
    rows: sameScope ? rows : FIRST_ROWS,
    hold: sameScope && next.sort === route.sort ? hold : undefined,
    searchHint: undefined,
    ...(next.view !== route.view && { toScrollTo: openedIn(next) }),
  };
}

/** What is open in a view: the session, the call or the attempt of the address. */
export function openedIn({ view, session, operation, journey }: Route): string | undefined {
  if (view === 'sessions') return session;
  if (view === 'connect') return journey;
  return view === 'calls' && operation !== undefined ? String(operation) : undefined;
}

/** The same address with nothing open. */
export const closed = (route: Route): Route => ({
  ...route,
  // Elsewhere the session narrows the view.
  session: route.view === 'sessions' ? undefined : route.session,
  operation: undefined,
  journey: undefined,
});

/** The id of the element that opens it. */
export const openerId = (view: ViewName, opened: string): string =>
  `${view === 'calls' ? 'call' : view === 'connect' ? 'journey' : 'session'}-${opened}`;
