import type { DiffLine } from '../../reading/definition-diff.ts';
import type { DescribedChange, OpenedChange, Tools } from '../api.ts';
import type { Context } from './context.ts';
import { h, type Child, type Children, type VirtualElement } from './element.ts';
import { link, nameElement, when } from './parts.ts';
import type { Route } from './route.ts';

const MAX_LISTED = 5;

/** When tools changed, what changed, and what followed; each opens the diff of its definitions. */
export function changeList({ changes, at }: Tools, context: Context): Children {
  if (changes.length === 0) return undefined;
  const rest = changes.slice(MAX_LISTED);
  const item = (change: DescribedChange): VirtualElement => changeItem(change, at, context);
  return [
    h('h2', { key: 'changes title' }, 'What changed'),
    h(
      'div',
      { key: 'changes' },
      h('ul', { class: 'list changes' }, changes.slice(0, MAX_LISTED).map(item)),
      rest.length > 0 &&
        h('details', {}, h('summary', {}, `${rest.length} more`), h('ul', { class: 'list changes' }, rest.map(item))),
    ),
  ];
}

function changeItem(change: DescribedChange, at: number, { route }: Context): VirtualElement {
  const { id, tool, words, dangerous, effect } = change;
  return h(
    'li',
    { key: id },
    h('span', { class: dangerous ? 'dot bad' : 'dot warn', 'aria-hidden': 'true' }),
    link(routeOf(change, route), nameElement(tool)),
    h('span', { class: dangerous ? 'red' : undefined }, words),
    effect !== '' && h('span', { class: 'wide-line' }, effect),
    h('span', { class: 'end muted' }, when(change.at, at)),
  );
}

/** The same view with a change opened, or closed if it is open. */
export const routeOf = ({ id }: DescribedChange, route: Route): Route => ({
  ...route,
  change: route.change === id ? undefined : id,
});

const MARKS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', old: '-', new: '+', gap: '…' };
const SAID: Readonly<Partial<Record<DiffLine['kind'], string>>> = { old: 'removed: ', new: 'added: ' };

/** The definitions before and after a change, line by line. */
export function openChange({ change, lacking, lines }: OpenedChange, at: number, { route }: Context): VirtualElement {
  const { words, dangerous, effect } = change;
  return h(
    'div',
    { class: 'session', id: `change-${change.id}` },
    h('h3', {}, 'Changed ', when(change.at, at), ': ', h('span', { class: dangerous ? 'red' : undefined }, words)),
    effect !== '' && h('p', {}, effect),
    lacking
      ? h('p', { class: 'muted' }, 'A definition was not kept: it is too large, or too old.')
      : h(
          'div',
          { class: 'diff', role: 'region', tabindex: 0, 'aria-label': 'The definition before and after' },
          lines.map(({ kind, text }) =>
            h(
              'div',
              { class: kind },
              h('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[kind]),
              SAID[kind] !== undefined && h('span', { class: 'unseen' }, SAID[kind]),
              h('span', {}, withHidden(text)),
            ),
          ),
        ),
    h('p', {}, link(routeOf(change, route), 'Close')),
  );
}

/** Characters that are not seen stand out; the server has written them out. */
const withHidden = (text: string): Child[] =>
  text.split(/(\\u\{[0-9a-f]+\})/).map((part, index) => (index % 2 === 0 ? part : h('mark', {}, part)));
