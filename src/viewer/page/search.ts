import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { ALL_KEYS, searchText } from './search-text.ts';

const HINT = 'search-hint';

/** The search in the frame. */
export function searchBox({ route, searchHint, search, closeHint }: Context): VirtualElement {
  const shown = searchText(route);
  return h(
    'form',
    {
      // Another address brings another text.
      key: `search ${shown}`,
      class: 'search',
      role: 'search',
      on: {
        submit: (event) => {
          event.preventDefault();
          const box = event.target instanceof HTMLFormElement ? event.target.elements.namedItem('q') : null;
          if (box instanceof HTMLInputElement) search(box.value);
        },
      },
    },
    h('input', {
      type: 'search',
      name: 'q',
      value: shown,
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'Search calls  /',
      'aria-label': 'Search calls',
      'aria-describedby': searchHint === undefined ? undefined : HINT,
      title: `Words, or ${ALL_KEYS.map((key) => `${key}:…`).join(' ')} (key /)`,
      on: { input: closeHint },
    }),
    searchHint !== undefined && h('p', { id: HINT, class: 'hint', role: 'alert' }, searchHint),
  );
}
