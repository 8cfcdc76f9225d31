import { nameText } from '../../reading/names.ts';
import { select } from './choice.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import type { Route, ViewName } from './route.ts';

const STATUSES: Partial<Readonly<Record<ViewName, readonly string[]>>> = {
  sessions: ['open', 'ended', 'failed', 'rejected'],
  calls: ['ok', 'failed', 'rejected', 'cancelled', 'handshake'],
  errors: ['failed', 'rejected'],
  connect: ['stopped', 'arrived', 'open', 'unfinished'],
};

/** Filters that have no list to choose from. */
const CHIPS = {
  code: 'code',
  direction: 'direction',
  session: 'session',
  conversation: 'conversation',
  words: 'search',
} as const satisfies Partial<Record<keyof Route, string>>;

/** What narrows a view: lists to choose from, and whatever else stands in the address. */
export const filters = (context: Context): VirtualElement[] => [...choices(context), ...chips(context)];

function choices(context: Context): VirtualElement[] {
  const { route, about, go } = context;
  const { servers, clients, tools, methods } = about?.store ?? { servers: [], clients: [], tools: [], methods: [] };
  // Another filter closes what is open; a list of calls may be about one session.
  const closed = route.view === 'sessions' ? { session: undefined } : { operation: undefined, journey: undefined };
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
      [{ value: '', title: all }, ...listed.map((value) => ({ value, title: nameText(value) }))],
      (value) => go({ ...route, [name]: value || undefined, ...closed }),
    );
  };
  const ofCalls = route.view === 'calls' || route.view === 'errors';
  const narrows = ofCalls || route.view === 'now' || route.view === 'sessions' || route.view === 'tools';
  const ofClients = narrows || route.view === 'connect';
  const statuses = clients.length === 0 ? [] : (STATUSES[route.view] ?? []);
  // What leaves no choice is not asked.
  const offered = (name: 'server' | 'client' | 'tool' | 'method' | 'status', options: readonly string[], least = 1) =>
    route[name] !== undefined || options.length >= least;
  return [
    ...(offered('server', servers, 2) ? [choose('Server', 'server', 'all servers', servers)] : []),
    ...(offered('client', ofClients ? clients : []) ? [choose('Client', 'client', 'all clients', clients)] : []),
    ...(offered('tool', narrows ? tools : []) ? [choose('Tool', 'tool', 'all tools', tools)] : []),
    ...(ofCalls && offered('method', methods) ? [choose('Method', 'method', 'all methods', methods)] : []),
    ...(offered('status', statuses) ? [choose('Status', 'status', 'any status', statuses)] : []),
  ];
}

/** What else narrows a view, each with a button that takes it away. */
function chips({ route, go }: Context): VirtualElement[] {
  return Object.entries(CHIPS).flatMap(([name, title]) => {
    // The keys come from the table above.
    const value = route[name as keyof typeof CHIPS];
    // In Sessions, the session is what is open.
    const open = name === 'session' && route.view === 'sessions';
    if (value === undefined || open) return [];
    return [
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
    ];
  });
}
