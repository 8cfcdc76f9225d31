import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
import type { Route } from './route.ts';

/** Filters that have no list to choose from in the frame. */
const CHIPS = {
  code: 'code',
  session: 'session',
  conversation: 'conversation',
  words: 'search',
} as const satisfies Partial<Record<keyof Route, string>>;

/** What else narrows a view, each with a button that takes it away. */
export function filterChips({ route, go }: Context): Children {
  const set = Object.entries(CHIPS).flatMap(([name, title]) => {
    // The keys come from the table above.
    const value = route[name as keyof typeof CHIPS];
    // In Sessions, the session is what is open.
    const open = name === 'session' && route.view === 'sessions';
    return value === undefined || open ? [] : [{ name, title, value }];
  });
  if (set.length === 0) return undefined;
  return h(
    'p',
    { key: 'chips', class: 'chips' },
    set.map(({ name, title, value }) =>
      h(
        'span',
        { key: name, class: 'badge' },
        `${title}: ${value} `,
        h(
          'button',
          {
            type: 'button',
            class: 'plain',
            'aria-label': `Remove the filter ${title}`,
            on: { click: () => go({ ...route, [name]: undefined, operation: undefined }) },
          },
          '✕',
        ),
      ),
    ),
  );
}
