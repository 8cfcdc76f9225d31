import { banner } from './banner.ts';
import { clientsView } from './clients-view.ts';
import type { Context } from './context.ts';
import { h, render, type Children } from './element.ts';
import { ask, follow } from './feed.ts';
import { healthView } from './health-view.ts';
import { frame, restoreTheme, TITLES } from './frame.ts';
import { nowView } from './now-view.ts';
import { createPoll } from './poll.ts';
import { elsewhere, hashOf, parseRoute, VIEWS, type Route } from './route.ts';
import { sessionsView } from './sessions-view.ts';
import { FIRST_RANGE, heldOrder, routeChange, scopeOf, type State, type ViewAnswer } from './state.ts';
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
  range: FIRST_RANGE,
  order: undefined,
  staleSince: undefined,
  rowToFocus: undefined,
  rowToScrollTo: firstRoute.row,
  live: { operations: [], missed: 0, connected: false },
  sorting: new Map(),
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
  sort: (table, chosen) => update({ sorting: new Map(state.sorting).set(table, chosen) }),
  go,
  setRange(range) {
    update({ range }, 'nothing');
    poll.askNow();
  },
});

/** Changes the address; the rest follows from `hashchange`. */
function go(next: Route): void {
  location.hash = hashOf(next);
}

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
    case 'health':
      return latest.answered.ok && healthView(latest.answered.answer, context);
  }
}

function draw(): void {
  const { route, about, latest, staleSince, rowToFocus, rowToScrollTo } = state;
  const context = contextOf(state);
  render(header, frame(context));
  const stale = staleSince !== undefined && latest?.answered.ok === true;
  render(
    main,
    h('h1', { key: 'title', class: 'unseen' }, TITLES[route.view]),
    about?.notice !== undefined && h('p', { key: 'notice', class: 'notice' }, about.notice),
    banner(context),
    stale &&
      h(
        'p',
        { key: 'stale', class: 'notice', role: 'alert' },
        `mcpspan has not answered since ${staleSince.toTimeString().slice(0, 8)}. These are its last figures. Trying again …`,
      ),
    // By its key: nothing of another view is kept.
    h('div', { key: route.view, class: stale ? 'stale' : undefined }, view(state, context)),
  );
  const row = (number: number | undefined): HTMLElement | null =>
    number === undefined ? null : document.getElementById(`session-${number}`);
  row(rowToFocus)?.focus({ preventScroll: true });
  const seen = row(rowToScrollTo);
  seen?.scrollIntoView({ block: 'center' });
  update({ rowToFocus: undefined, ...(seen !== null && { rowToScrollTo: undefined }) }, 'nothing');
}

let askedAboutAt = Number.NEGATIVE_INFINITY;

async function askAll(signal: AbortSignal): Promise<void> {
  const { view: name, seconds, server, client, tool, status, row } = state.route;
  const { range, about } = state;
  const scope = scopeOf(state.route);
  const from = performance.now();
  const [answered, timeline, aboutNow] = await Promise.all([
    ask(name, { seconds, server, client, tool, status }, signal),
    row === undefined || name !== 'sessions'
      ? undefined
      : ask('session', { row, limit: range.operations, latest: range.latest ? 1 : undefined }, signal),
    from - askedAboutAt > ABOUT_EVERY_MS || about === undefined ? ask('about', {}, signal) : undefined,
  ]);
  if (aboutNow?.ok === true) askedAboutAt = from;
  // While answers fail, the last figures of the same view stay in sight.
  const keep = !answered.ok && state.latest?.view === name && state.latest.answered.ok;
  update({
    order: heldOrder(state),
    staleSince: answered.ok ? undefined : (state.staleSince ?? new Date()),
    // The answer is to the question of the view of this name.
    ...(!keep && { latest: { view: name, answered } as ViewAnswer, latestScope: scope, timeline }),
    ...(aboutNow?.ok === true && { about: aboutNow.answer }),
  });
}

const poll = createPoll(askAll);

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
document.addEventListener('keydown', ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (ctrlKey || metaKey || altKey || target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  const { route } = state;
  const chosen = VIEWS[Number(key) - 1];
  if (chosen !== undefined) go(elsewhere(route, chosen));
  else if (key === 'Escape' && route.row !== undefined) {
    // The change of the address draws it.
    update({ rowToFocus: route.row }, 'nothing');
    go({ ...route, row: undefined });
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
