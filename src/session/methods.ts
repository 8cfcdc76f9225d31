/** The methods of every published revision (2024-11-05 … 2026-07-28) and of the tasks extension. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'completion/complete',
  'elicitation/create',
  'initialize',
  'logging/setLevel',
  'notifications/cancelled',
  'notifications/elicitation/complete',
  'notifications/initialized',
  'notifications/message',
  'notifications/progress',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/roots/list_changed',
  'notifications/subscriptions/acknowledged',
  'notifications/tasks',
  'notifications/tasks/status',
  'notifications/tools/list_changed',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'roots/list',
  'sampling/createMessage',
  'server/discover',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/update',
  'tools/call',
  'tools/list',
]);

export const DISCOVERY_METHODS: ReadonlySet<string> = new Set([
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'tools/list',
]);

/** Methods whose params name a resource by `uri`. */
export const RESOURCE_METHODS: ReadonlySet<string> = new Set([
  'notifications/resources/updated',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
]);

export const PUBLISHED_REVISIONS: ReadonlySet<string> = new Set([
  '2024-10-07',
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
]);

/** The first revision without sessions. */
const FIRST_MODERN = '2026-07-28';

/** `draft` counts as modern; what is not shaped like a date counts as legacy. */
export const isModernRevision = (revision: string): boolean =>
  revision === 'draft' || (/^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= FIRST_MODERN);

/** JSON-RPC codes for faults of the caller, which are not errors of the server (semantic-conventions-genai, MCP server spans). */
export const CALLER_FAULTS: ReadonlySet<number> = new Set([-32_700, -32_600, -32_601, -32_602, -32_002]);

/** JSON-RPC codes that a label may carry: those of the specification and of the official SDKs. */
export const KNOWN_CODES: ReadonlySet<number> = new Set([
  ...CALLER_FAULTS,
  -32_603,
  -32_000,
  -32_001,
  -32_003,
  -32_004,
  -32_020,
  -32_021,
  -32_022,
  -32_042,
  -1,
]);
