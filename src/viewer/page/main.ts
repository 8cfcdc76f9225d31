import type { About } from '../answers.ts';
import { clientsView } from './clients-view.ts';
import type { Context } from './context.ts';
import { h, show, type Children } from './element.ts';
import { ask, follow, type Live, type Told } from './feed.ts';
import type { Sorting } from './grid.ts';
import { healthView } from './health-view.ts';
import { frame, restoreTheme, TITLES } from './frame.ts';
import { nowView } from './now-view.ts';
import { elsewhere, hashOf, parseRoute, VIEWS, type Route, type ViewName } from './route.ts';
import { sessionsView } from './sessions-view.ts';
import { toolsView } from './tools-view.ts';

/** What a session shows at first, and more of each time it is asked to. */
const MAX_OPERATIONS = 300;
/** Between two questions while something happens, and while nothing does, in milliseconds. */
const MIN_REFRESH_MS = 1_000;
const MAX_REFRESH_MS = 10_000;
/** A store that takes long to answer is asked less often. */
const REFRESH_PER_ANSWER_TIME = 8;
/** What there is to choose from: new clients and tools come. In milliseconds. */
const ABOUT_EVERY_MS = 5_000;

type Answered = { [View in ViewName]: { view: View; told: Told<View> } }[ViewName];

let route = parseRoute(location.hash);
let about: About | undefined;
let answered: Answered | undefined;
let answeredFor = '';
let timeline: Told<'session'> | undefined;
let shown = { operations: MAX_OPERATIONS, latest: false };
let order: readonly number[] | undefined;
let staleSince: Date | undefined;
let askedAboutAt = Number.NEGATIVE_INFINITY;
/** Of the session whose button gets the focus, or that is to be seen, with the next picture. */
let toFocus: number | undefined;
let toSee: number | undefined;
let live: Live = { operations: [], missed: 0, connected: false };
const sorting = new Map<string, Sorting>();

let asking: AbortController | undefined;
let timer = 0;
let due = false;

const main = element('main');
const head = element('header');

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const context = (): Context => ({
  route,
  about,
  live,
  timeline,
  sorting,
  sort(table, chosen) {
    sorting.set(table, chosen);
    draw();
  },
  go,
  shown,
  show(next) {
    shown = next;
    void refresh();
  },
  order,
  staleSince,
});

function go(next: Route): void {
  // The address tells `hashchange`, and that all the rest.
  location.hash = hashOf(next);
}

function view(): Children {
  if (answered?.view !== route.view) return h('p', { class: 'muted', role: 'status' }, 'Reading …');
  if (!answered.told.ok) {
    return h(
      'div',
      { class: 'nothing', role: 'alert' },
      h('p', { class: 'title' }, 'There is nothing to show.'),
      h('p', {}, answered.told.trouble),
      h('p', {}, 'This page looks again by itself.'),
    );
  }
  switch (answered.view) {
    case 'now':
      return answered.told.ok && nowView(answered.told.answer, context());
    case 'sessions':
      return answered.told.ok && sessionsView(answered.told.answer, context());
    case 'clients':
      return answered.told.ok && clientsView(answered.told.answer, context());
    case 'tools':
      return answered.told.ok && toolsView(answered.told.answer, context());
    case 'health':
      return answered.told.ok && healthView(answered.told.answer, context());
  }
}

function draw(): void {
  show(head, frame(context()));
  const stale = staleSince !== undefined && answered?.told.ok === true;
  show(
    main,
    h('h1', { key: 'title', class: 'unseen' }, TITLES[route.view]),
    about?.notice !== undefined && h('p', { key: 'notice', class: 'notice' }, about.notice),
    stale &&
      h(
        'p',
        { key: 'stale', class: 'notice', role: 'alert' },
        `mcpspan does not answer since ${clockOf(staleSince)}: these are its last figures. Looking again …`,
      ),
    // Another view is another thing: nothing of the one before is kept.
    h('div', { key: route.view, class: stale ? 'stale' : undefined }, view()),
  );
  if (toFocus !== undefined) document.getElementById(`session-${toFocus}`)?.focus({ preventScroll: true });
  toFocus = undefined;
  const seen = toSee === undefined ? null : document.getElementById(`session-${toSee}`);
  if (seen === null) return;
  seen.scrollIntoView({ block: 'center' });
  toSee = undefined;
}

const clockOf = (date: Date | undefined): string => date?.toTimeString().slice(0, 8) ?? '';

/** Nothing moves away from who reads it: while a session is open, rows stay where they are. */
function holdOrder(): void {
  if (route.view !== 'sessions' || route.row === undefined) order = undefined;
  else if (order === undefined && answeredFor === scopeOf(route) && answered?.view === 'sessions' && answered.told.ok)
    order = answered.told.answer.sessions.map(({ row }) => row);
}

/** What was asked about, whichever session is open. */
const scopeOf = (asked: Route): string => hashOf({ ...asked, row: undefined });

async function refresh(): Promise<void> {
  clearTimeout(timer);
  asking?.abort();
  const own = new AbortController();
  asking = own;
  due = false;
  const scope = scopeOf(route);
  const { view: name, seconds, server, client, tool, status, row } = route;
  const parameters = { seconds, server, client, tool, status };
  const from = performance.now();
  try {
    const [told, told2, toldAbout] = await Promise.all([
      ask(name, parameters, own.signal),
      row === undefined || name !== 'sessions'
        ? undefined
        : ask('session', { row, limit: shown.operations, latest: shown.latest ? 1 : undefined }, own.signal),
      from - askedAboutAt > ABOUT_EVERY_MS || about === undefined ? ask('about', {}, own.signal) : undefined,
    ]);
    holdOrder();
    if (told.ok) staleSince = undefined;
    else staleSince ??= new Date();
    // The last figures are kept in sight; asked by the name of the view, an answer is the answer to that.
    if (told.ok || answered?.view !== name || !answered.told.ok) {
      answered = { view: name, told } as Answered;
      answeredFor = scope;
      timeline = told2;
    }
    if (toldAbout?.ok === true) {
      about = toldAbout.answer;
      askedAboutAt = from;
    }
    draw();
  } catch (error) {
    if (own.signal.aborted) return;
    throw error;
  }
  plan(performance.now() - from);
}

let pause = MIN_REFRESH_MS;
function plan(took: number): void {
  pause = Math.max(MIN_REFRESH_MS, took * REFRESH_PER_ANSWER_TIME);
  clearTimeout(timer);
  if (document.hidden) return;
  timer = window.setTimeout(() => void refresh(), due ? pause : Math.max(MAX_REFRESH_MS, pause));
}

window.addEventListener('hashchange', () => {
  const next = parseRoute(location.hash);
  if (next.row !== route.row) {
    shown = { operations: MAX_OPERATIONS, latest: false };
    timeline = undefined;
  }
  if (scopeOf(next) !== scopeOf(route) || route.row === undefined) order = undefined;
  const another = next.view !== route.view;
  if (another) toSee = next.row;
  route = next;
  draw();
  if (another) main.focus({ preventScroll: true });
  void refresh();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
document.addEventListener('keydown', (event) => {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.target instanceof HTMLInputElement ||
    event.target instanceof HTMLSelectElement
  )
    return;
  const chosen = VIEWS[Number(event.key) - 1];
  if (chosen !== undefined) go(elsewhere(route, chosen));
  else if (event.key === 'Escape' && route.row !== undefined) {
    toFocus = route.row;
    go({ ...route, row: undefined });
  }
});

document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The address is that of the view.
  event.preventDefault();
  main.focus();
});

// The token has done its work: it is in a cookie now, and need not stand in the history.
if (new URLSearchParams(location.search).has('token'))
  history.replaceState(null, '', location.pathname + location.hash);
follow((now, came) => {
  live = now;
  if (answered?.view === 'now') draw();
  else show(head, frame(context()));
  const back = staleSince !== undefined && now.connected;
  if ((came === 0 && !back) || due) return;
  due = true;
  clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(() => void refresh(), back ? 0 : pause);
});
restoreTheme();
toSee = route.row;
draw();
void refresh();
