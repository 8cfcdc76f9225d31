import type { Found } from '../api.ts';
import { elsewhere, type Route } from './route.ts';

/** Where the one thing is that an id names; undefined: it names none, or several. */
export function routeOfFound({ sessions, journeys, operation }: Found, route: Route): Route | undefined {
  if (operation !== undefined) return elsewhere(route, 'calls', { operation });
  if (sessions.length + journeys.length !== 1) return undefined;
  const [session] = sessions;
  return session === undefined
    ? elsewhere(route, 'connect', { server: undefined, journey: journeys[0]?.id })
    : elsewhere(route, 'sessions', { server: undefined, session: session.traceId });
}

export const hintOfFound = ({ sessions, journeys }: Found): string =>
  sessions.length + journeys.length === 0
    ? 'No session, trace, call or attempt to connect has an id that begins so.'
    : 'Several ids begin so: write more of it.';
