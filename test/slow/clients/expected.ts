/** So many calls are what it takes to judge a client. */
export const CALLS = 5;

/** What `echo` answers to a client's script. @param prefix the server's */
export const echoed = (prefix = ''): string[] =>
  Array.from({ length: CALLS }, (_, index) => `${prefix}hëllo ${index + 1}`);

/** The trace of a session with these operations. */
export const under = (...methods: string[]): string[] => [
  'mcp.session INTERNAL',
  ...methods.map((method) => `  ${method} SERVER`),
  '  mcp.session.summary INTERNAL',
];
export const callsTo = (tool: string, count: number): string[] =>
  Array.from({ length: count }, () => `tools/call ${tool}`);
export const callsOf = (count: number): string[] => callsTo('echo', count);

/** The traces that clients make which list the tools and call one five times, if they do nothing else. */
export const PROBE = 'server/discover SERVER';
const LISTED = ['initialize', 'notifications/initialized', 'tools/list', ...callsOf(CALLS)];
export const LEGACY = under(...LISTED);
/** The same, after a refused `server/discover`, which belongs to the session that follows it. */
export const PROBED = under('server/discover', ...LISTED);
export const MODERN = under('server/discover', 'tools/list', ...callsOf(CALLS));
