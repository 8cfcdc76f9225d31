import { select } from './choice.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { periodChoice } from './period.ts';
import { elsewhere, hashOf, VIEWS, type ViewName } from './route.ts';
import { searchBox } from './search.ts';

export const TITLES: Readonly<Record<ViewName, string>> = {
  now: 'Now',
  sessions: 'Sessions',
  clients: 'Clients',
  tools: 'Tools',
  calls: 'Calls',
  errors: 'Errors',
  health: 'Health',
};
const SESSION_STATUSES = ['open', 'ended', 'failed', 'rejected'];
const CALL_STATUSES = ['ok', 'failed', 'rejected', 'cancelled'];

/** The header of every view: navigation, filters, and whether the page is up to date. */
export function frame(context: Context): Children {
  const { route, live, staleSince, about } = context;
  const theme = document.documentElement.dataset['theme'] ?? 'system';
  const up = live.connected && staleSince === undefined && about !== undefined;
  document.title = `${TITLES[route.view]} – mcpspan`;
  return [
    h('a', { key: 'brand', class: 'brand', href: hashOf(elsewhere(route, 'now')) }, 'mcpspan'),
    h(
      'nav',
      { key: 'nav', 'aria-label': 'Views' },
      VIEWS.map((view, index) =>
        h(
          'a',
          {
            key: view,
            href: hashOf(elsewhere(route, view)),
            'aria-current': view === route.view ? 'page' : undefined,
            title: `key ${index + 1}`,
          },
          TITLES[view],
        ),
      ),
    ),
    searchBox(context),
    h('div', { key: 'filters', class: 'filters' }, filters(context)),
    h(
      'span',
      { key: 'live', class: 'live', role: 'status' },
      h('span', { class: up ? 'dot good' : 'dot bad', 'aria-hidden': 'true' }),
      up ? 'live' : live.connected ? 'nothing to show' : 'not connected',
    ),
    h(
      'button',
      {
        key: 'theme',
        type: 'button',
        class: 'plain',
        'aria-label': `Dark or light (${theme})`,
        title: `Dark or light: ${theme} (system, dark, light)`,
        on: { click: switchTheme },
      },
      '◐',
    ),
  ];
}

function filters(context: Context): VirtualElement[] {
  const { route, about, go } = context;
  const { servers, clients, tools, methods } = about?.store ?? { servers: [], clients: [], tools: [], methods: [] };
  // Another filter closes what is open; a list of calls may be about one session.
  const closed = route.view === 'sessions' ? { session: undefined } : { operation: undefined };
  const choose = (
    label: string,
    name: 'server' | 'client' | 'tool' | 'method' | 'status',
    all: string,
    options: readonly string[],
  ): VirtualElement => {
    const chosen = route[name];
    // The chosen name may not have been seen yet.
    const listed = chosen === undefined || options.includes(chosen) ? options : [chosen, ...options];
    return select(
      label,
      chosen ?? '',
      [{ value: '', title: all }, ...listed.map((value) => ({ value, title: value }))],
      (value) => go({ ...route, [name]: value || undefined, ...closed }),
    );
  };
  const ofCalls = route.view === 'calls' || route.view === 'errors';
  const narrows = ofCalls || route.view === 'now' || route.view === 'sessions' || route.view === 'tools';
  return [
    ...(route.view === 'health' && servers.length < 2 ? [] : [choose('Server', 'server', 'all servers', servers)]),
    ...(narrows || route.client !== undefined ? [choose('Client', 'client', 'all clients', clients)] : []),
    ...(narrows || route.tool !== undefined ? [choose('Tool', 'tool', 'all tools', tools)] : []),
    ...(ofCalls ? [choose('Method', 'method', 'all methods', methods)] : []),
    ...(route.view === 'sessions' ? [choose('Status', 'status', 'any status', SESSION_STATUSES)] : []),
    ...(route.view === 'calls' ? [choose('Status', 'status', 'any status', CALL_STATUSES)] : []),
    ...(route.view === 'errors' ? [choose('Status', 'status', 'any status', ['failed', 'rejected'])] : []),
    ...periodChoice(context),
  ];
}

const THEMES = ['system', 'dark', 'light'] as const;
const KEPT_AS = 'mcpspan theme';

/** Dark, light, or as the system has it; the browser keeps the choice where it may. */
export function restoreTheme(): void {
  try {
    apply(localStorage.getItem(KEPT_AS) ?? 'system');
  } catch (error) {
    console.info('the theme cannot be kept', error);
  }
}

function switchTheme(): void {
  const present = document.documentElement.dataset['theme'] ?? 'system';
  const next = THEMES[(THEMES.findIndex((theme) => theme === present) + 1) % THEMES.length] ?? 'system';
  apply(next);
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch (error) {
    console.info('the theme cannot be kept', error);
  }
}

function apply(theme: string): void {
  const root = document.documentElement;
  if (theme === 'dark' || theme === 'light') root.dataset['theme'] = theme;
  else delete root.dataset['theme'];
  document.dispatchEvent(new Event('themechange'));
}
