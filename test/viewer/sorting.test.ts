import { expect, it } from 'vitest';
import { hashOf, parseRoute } from '../../src/viewer/page/route.ts';
import { sortedRoute, sortingIn } from '../../src/viewer/page/sorting.ts';

it.each([
  ['tools', { id: 'p95', down: true }],
  ['now clients', { id: 'client', down: false }],
  ['matrix', { id: '-, :=&,%', down: true }],
  ['matrix', { id: '-x', down: false }],
])('the order of the table %s by %j stands in the address', (table, sorting) => {
  const hash = hashOf(sortedRoute(sortedRoute(parseRoute('#tools'), 'other', { id: 'y', down: true }), table, sorting));
  const found = sortingIn(parseRoute(hash));
  expect(found.get(table)).toEqual(sorting);
  expect(found.get('other')).toEqual({ id: 'y', down: true });
});

it.each(['', ':', 'x', 'tools:', '%E0%A4%A:x', ',,,'])('an address with the order %j shows the page', (sort) => {
  expect(() => sortingIn({ sort })).not.toThrow();
});
