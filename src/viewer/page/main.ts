import { banner } from './banner.ts';
import { asksSlowest, callsView } from './calls-view.ts';
import { clientsView } from './clients-view.ts';
import { connectView } from './connect-view.ts';
import type { Context } from './context.ts';
import { h, render, type Children } from './element.ts';
import { errorsView } from './errors-view.ts';
import { ask, follow } from './feed.ts';
import { filters } from './filters.ts';
import { healthView } from './health-view.ts';
import { frame, restoreTheme, TITLES } from './frame.ts';
import { isTouched, watchTouch } from './hold.ts';
import { latestOperations } from './latest-list.ts';
import { nowView } from './now-view.ts';
import { widthWithin } from './parts.ts';
import { createPoll } from './poll.ts';
import { elsewhere, hashOf, parseRoute, VIEWS, type Route } from './route.ts';
import { hintOfFound, routeOfFound } from './found.ts';
import { parseSearch } from './search-text.ts';
import { sessionsView } from './sessions-view.ts';
import { sortedRoute, sortingIn } from './sorting.ts';
import {
  closed,
  FIRST_RANGE,
  FIRST_ROWS,
  heldOrder,
  openedIn,
  openerId,
  routeChange,
  scopeOf,
  type State,
  type ViewAnswer,
} from './state.ts';
import { toolsView } from './tools-view.ts';

/** How often the page asks which clients and tools there are to choose from. */
const ABOUT_EVERY_MS = 5_000;

const main = element('main');
const header = element('header');

const firstRoute = parseRoute(location.hash);
const state: State = {
  route: firstRoute,
  about: undefined,
  latest: undefined,
  latestScope: '',
  timeline: undefined,
  beside: undefined,
  range: FIRST_RANGE,
  order: undefined,
  staleSince: undefined,
  toFocus: undefined,
  toScrollTo: openedIn(firstRoute),
  live: { operations: [], missed: 0, connected: false },
  rows: FIRST_ROWS,
  paused: false,
  hold: undefined,
  searchHint: undefined,
};

/** The one way to change the state. `part`: what is drawn anew. */
function update(change: Partial<State>, part: 'page' | 'header' | 'nothing' = 'page'): void {
  Object.assign(state, change);
  if (part === 'page') draw();
  else if (part === 'header') render(header, frame(contextOf(state)));
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const contextOf = (current: State): Context => ({
  ...current,
  width: widthWithin(main),
  sorting: sortingIn(current.route),
  sort: (table, chosen) => go(sortedRoute(state.route, table, chosen)),
  go,
  setRange(range) {
    update({ range }, 'nothing');
    poll.askNow();
  },
  setRows(rows) {
    update({ rows }, 'nothing');
    poll.askNow();
  },
  pause,
  search: (text) => void search(text),
  closeHint: () => update({ searchHint: undefined }, 'header'),
});

/** Changes the address; the rest follows from `hashchange`. */
const go = (next: Route): void => void (location.hash = hashOf(next));

function view({ latest, route }: State, context: Context): Children {
  if (latest?.view !== route.view) return h('p', { class: 'muted', role: 'status' }, 'Loading …');
  if (!latest.answered.ok) {
    return h(
      'div',
      { class: 'nothing', role: 'alert' },
      h('p', { class: 'title' }, 'There is nothing to show.'),
      h('p', {}, latest.answered.trouble),
      h('p', {}, 'This page tries again by itself.'),
    );
  }
  switch (latest.view) {
    case 'now':
      return latest.answered.ok && nowView(latest.answered.answer, context);
    case 'sessions':
      return latest.answered.ok && sessionsView(latest.answered.answer, context);
    case 'clients':
      return latest.answered.ok && clientsView(latest.answered.answer, context);
    case 'tools':
      return latest.answered.ok && toolsView(latest.answered.answer, context);
    case 'calls':
      return latest.answered.ok && callsView(latest.answered.answer, context);
    case 'errors':
      return latest.answered.ok && errorsView(latest.answered.answer, context);
    case 'connect':
      return latest.answered.ok && connectView(latest.answered.answer, context);
    case 'health':
      return latest.answered.ok && healthView(latest.answered.answer, context);
  }
}

function draw(): void {
  const { route, about, latest, staleSince, toFocus, toScrollTo } = state;
  const context = contextOf(state);
  render(header, frame(context));
  render(element('filters'), filters(context));
  const stale = staleSince !== undefined && latest?.answered.ok === true;
  render(
    main,
    h('h1', { key: 'title', class: 'unseen' }, TITLES[route.view]),
    about?.notice !== undefined && h('p', { key: 'notice', class: 'notice' }, about.notice),
    banner(context, stale ? staleSince : undefined),
    // By its key: nothing of another view is kept.
    h('div', { key: route.view, class: stale ? 'stale' : undefined }, view(state, context)),
  );
  const opener = (id: string | undefined): HTMLElement | null =>
    id === undefined ? null : document.getElementById(openerId(route.view, id));
  opener(toFocus)?.focus({ preventScroll: true });
  const seen = opener(toScrollTo);
  seen?.scrollIntoView({ block: 'center' });
  update({ toFocus: undefined, ...(seen !== null && { toScrollTo: undefined }) }, 'nothing');
}

let askedAboutAt = Number.NEGATIVE_INFINITY;

async function askAll(signal: AbortSignal): Promise<void> {
  const { view: name, seconds, session, beside, sort: _sort, scale: _scale, ...filters } = state.route;
  const { range, about, rows, hold } = state;
  const scope = scopeOf(state.route);
  const from = performance.now();
  const ofSession = (id: string | undefined) =>
    id === undefined || name !== 'sessions'
      ? undefined
      : ask('session', { session: id, limit: range.operations, latest: range.latest ? 1 : undefined }, signal);
  const [answered, timeline, besideNow, aboutNow] = await Promise.all([
    ask(
      name,
      {
        ...filters,
        seconds,
        ...(name !== 'sessions' && { session }),
        ...(name === 'calls' && {
          limit: rows,
          slowest: asksSlowest(sortingIn(state.route)) ? 1 : undefined,
          // What stands still is asked for as it was: the same last call, and the same beginning.
          ...(hold !== undefined && { 'up-to': hold.upTo, seconds: seconds + Math.ceil((from - hold.from) / 1_000) }),
        }),
      },
      signal,
    ),
    ofSession(session),
    ofSession(beside),
    from - askedAboutAt > ABOUT_EVERY_MS || about === undefined ? ask('about', {}, signal) : undefined,
  ]);
  if (aboutNow?.ok === true) askedAboutAt = from;
  // While answers fail, the last figures of the same view stay in sight.
  const keep = !answered.ok && state.latest?.view === name && state.latest.answered.ok;
  update(
    {
      order: heldOrder(state),
      staleSince: answered.ok ? undefined : (state.staleSince ?? new Date()),
      // The answer is to the question of the view of this name.
      ...(!keep && { latest: { view: name, answered } as ViewAnswer, latestScope: scope, timeline, beside: besideNow }),
      ...(aboutNow?.ok === true && { about: aboutNow.answer }),
    },
    'nothing',
  );
  holdOrMove();
  draw();
}

const poll = createPoll(askAll);

/** Lists stand still from the answer on that they show when somebody points at them, or pauses the page. */
function holdOrMove(): boolean {
  const { paused, hold, latest, latestScope, route } = state;
  const still = paused || isTouched();
  if (!still && hold !== undefined) {
    update({ hold: undefined }, 'nothing');
    return true;
  }
  if (!still || hold !== undefined || latest?.view !== route.view || latestScope !== scopeOf(route)) return false;
  if (!latest.answered.ok || (latest.view !== 'calls' && latest.view !== 'now')) return false;
  const shown = latest.view === 'now' ? latestOperations(latest.answered.answer, contextOf(state)) : [];
  const upTo = latest.view === 'calls' ? latest.answered.answer.cursor : (shown[0]?.id ?? 0);
  update({ hold: { upTo, from: performance.now(), latest: shown } }, 'nothing');
  return true;
}

function touched(): void {
  if (!holdOrMove()) return;
  draw();
  if (state.hold === undefined) poll.askNow();
}

function pause(paused: boolean): void {
  update({ paused }, 'nothing');
  holdOrMove();
  draw();
  if (state.hold === undefined) poll.askNow();
}

/** Goes to what a text asks for, or says why it cannot. */
async function search(text: string): Promise<void> {
  const { filters, id, hint } = parseSearch(text);
  if (hint !== undefined) update({ searchHint: hint }, 'header');
  else if (id !== undefined) await goToId(id);
  else {
    go(elsewhere(state.route, 'calls', filters));
    main.focus({ preventScroll: true });
  }
}

async function goToId(id: string): Promise<void> {
  const operation = /^\d{1,12}$/.test(id) ? Number(id) : undefined;
  const found = await ask('find', { session: id, operation });
  if (!found.ok) return update({ searchHint: found.trouble }, 'header');
  const one = routeOfFound(found.answer, state.route);
  if (one === undefined) update({ searchHint: hintOfFound(found.answer) }, 'header');
  else go(one);
}

window.addEventListener('hashchange', () => {
  const next = parseRoute(location.hash);
  const another = next.view !== state.route.view;
  update(routeChange(state, next));
  if (another) main.focus({ preventScroll: true });
  poll.askNow();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) poll.askNow();
});
watchTouch(touched);
window.addEventListener('resize', () => update({}));
document.addEventListener('keydown', (event) => {
  const { key, ctrlKey, metaKey, altKey, target } = event;
  if (ctrlKey || metaKey || altKey || target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  const { route } = state;
  const chosen = VIEWS[Number(key) - 1];
  const opened = openedIn(route);
  // On anything else, the space bar presses it, or scrolls.
  const space = key === ' ' && (target === document.body || target === main);
  if (chosen !== undefined) go(elsewhere(route, chosen));
  else if (key === '/') {
    event.preventDefault();
    header.querySelector<HTMLInputElement>('input[type=search]')?.focus();
  } else if (key === 'p' || space) {
    event.preventDefault();
    pause(!state.paused);
  } else if (key === 'Escape' && opened !== undefined) {
    // The change of the address draws it.
    update({ toFocus: opened }, 'nothing');
    go(closed(route));
  }
});

document.querySelector('.skip')?.addEventListener('click', (event) => {
  // The link's own address would replace that of the view.
  event.preventDefault();
  main.focus();
});

// A cookie stands for the token now, which need not stay in the history.
if (new URLSearchParams(location.search).has('token'))
  history.replaceState(null, '', location.pathname + location.hash);
follow((live, came) => {
  update({ live }, state.latest?.view === 'now' ? 'page' : 'header');
  const back = state.staleSince !== undefined && live.connected;
  if (came > 0 || back) poll.askSoon(back);
});
restoreTheme();
draw();
poll.askNow();
