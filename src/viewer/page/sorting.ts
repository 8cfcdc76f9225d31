import type { Route } from './route.ts';
import type { Sorting } from './state.ts';

/** How tables are sorted, as it stands in the address: `tools:-p95,matrix:tool`. */
export function sortingIn({ sort }: Pick<Route, 'sort'>): ReadonlyMap<string, Sorting> {
  const found = new Map<string, Sorting>();
  for (const part of sort?.split(',') ?? []) {
    const [, table, minus, id] = /^([^:]+):(-?)(.+)$/.exec(part) ?? [];
    if (table !== undefined && id !== undefined) found.set(decoded(table), { id: decoded(id), down: minus === '-' });
  }
  return found;
}

/** The address of the same view with a table sorted so. */
export function sortedRoute(route: Route, table: string, sorting: Sorting): Route {
  const all = new Map(sortingIn(route)).set(table, sorting);
  const sort = [...all].map(([name, { id, down }]) => `${encoded(name)}:${down ? '-' : ''}${encoded(id)}`).join(',');
  return { ...route, sort };
}

/** Clients choose the names of some columns. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll('-', '%2D');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    console.info('this address is not one of ours', error);
    return text;
  }
}
