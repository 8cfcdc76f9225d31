export const VIEWS = ['now', 'sessions', 'clients', 'tools', 'calls', 'errors', 'connect', 'health'] as const;
export type ViewName = (typeof VIEWS)[number];

/** What the page shows. All of it stands in the address, so that a link can be sent to a colleague. */
export interface Route {
  view: ViewName;
  /** The length of the period. */
  seconds: number;
  /** When it ends, in seconds since the epoch; undefined: now. */
  until: number | undefined;
  server: string | undefined;
  client: string | undefined;
  tool: string | undefined;
  /** The key of a conversation, as it is stored. */
  conversation: string | undefined;
  status: string | undefined;
  method: string | undefined;
  /** `to-server`: only what clients asked for. */
  direction: string | undefined;
  code: string | undefined;
  /** Free words of the search. */
  words: string | undefined;
  /** In Sessions the id of the open session, in Calls and Errors of the one that they are about. */
  session: string | undefined;
  /** The id of the open call. */
  operation: number | undefined;
  /** The id of the change of a tool that is open. */
  change: number | undefined;
  /** The id of the open attempt to connect. */
  journey: string | undefined;
  /** The columns that tables are sorted by (`sorting.ts`). */
  sort: string | undefined;
  /** `linear`: silences of the open session are not cut short. */
  scale: string | undefined;
  /** The trace id of a session that is shown beside the open one. */
  beside: string | undefined;
}

export const PERIODS: readonly { seconds: number; title: string }[] = [
  { seconds: 900, title: 'last 15 min' },
  { seconds: 3_600, title: 'last hour' },
  { seconds: 21_600, title: 'last 6 h' },
  { seconds: 86_400, title: 'last day' },
  { seconds: 604_800, title: 'last 7 days' },
];
const DEFAULT_SECONDS = 3_600;

export function parseRoute(hash: string): Route {
  const [name = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const parameters = new URLSearchParams(query);
  const text = (key: string): string | undefined => parameters.get(key) || undefined;
  const number = (key: string): number | undefined =>
    /^\d{1,12}$/.test(text(key) ?? '') ? Number(text(key)) : undefined;
  return {
    view: VIEWS.find((view) => view === name) ?? 'now',
    seconds: number('seconds') ?? DEFAULT_SECONDS,
    until: number('until'),
    server: text('server'),
    client: text('client'),
    tool: text('tool'),
    conversation: text('conversation'),
    status: text('status'),
    method: text('method'),
    direction: text('direction'),
    code: text('code'),
    words: text('words'),
    session: text('session'),
    operation: number('operation'),
    change: number('change'),
    journey: text('journey'),
    sort: text('sort'),
    scale: text('scale'),
    beside: text('beside'),
  };
}

export function hashOf({ view, seconds, ...rest }: Route): string {
  const parameters = new URLSearchParams();
  if (seconds !== DEFAULT_SECONDS) parameters.set('seconds', String(seconds));
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) parameters.set(name, String(value));
  const query = parameters.toString();
  return `#${view}${query === '' ? '' : `?${query}`}`;
}

/** Another view of the same server and period, without the other filters. */
export const elsewhere = (route: Route, view: ViewName, narrower: Partial<Route> = {}): Route => ({
  view,
  seconds: route.seconds,
  until: route.until,
  server: route.server,
  client: undefined,
  tool: undefined,
  conversation: undefined,
  status: undefined,
  method: undefined,
  direction: undefined,
  code: undefined,
  words: undefined,
  session: undefined,
  operation: undefined,
  change: undefined,
  journey: undefined,
  sort: undefined,
  scale: route.scale,
  beside: undefined,
  ...narrower,
});
