import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
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
  connect: 'Connect',
  health: 'Health',
};

/** The header of every view: navigation, search, the period, and whether the page is up to date. */
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
    h('div', { key: 'period', class: 'period' }, periodChoice(context)),
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
