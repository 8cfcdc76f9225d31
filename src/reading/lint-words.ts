import { LINT_RULES, type LintRule } from '../session/lint-rules.ts';
import type { StoredLint } from '../store/lint-rows.ts';
import { counted, dateTime } from './figures.ts';

interface RuleWords {
  /** What the revision expects. */
  readonly expected: string;
  /** The page of the specification of 2026-07-28. */
  readonly page: string;
  readonly cure: string;
}

const HTTP = 'basic/transports/streamable-http';
const CACHING = 'server/utilities/caching';
const UPDATE_CLIENT = 'a server that checks it answers 400: update the client, or its SDK';
const UPDATE_SERVER = 'a client that relies on it may fail: update the SDK of the server';

/** The words of each rule. */
export const LINT_WORDS: Readonly<Record<LintRule, RuleWords>> = {
  'version-header': { expected: 'a header MCP-Protocol-Version, as in _meta', page: HTTP, cure: UPDATE_CLIENT },
  'method-header': { expected: 'a header Mcp-Method with the method', page: HTTP, cure: UPDATE_CLIENT },
  'name-header': {
    expected: 'a header Mcp-Name with the name of the tool or prompt, or the URI',
    page: HTTP,
    cure: UPDATE_CLIENT,
  },
  'meta-version': { expected: 'the revision in _meta', page: 'basic', cure: UPDATE_CLIENT },
  'meta-capabilities': { expected: 'the capabilities of the client in _meta', page: 'basic', cure: UPDATE_CLIENT },
  'meta-client-info': {
    expected: 'the name of the client in _meta',
    page: 'basic',
    cure: 'servers and mcpspan cannot tell who calls: update the client',
  },
  'removed-method': { expected: 'no method that the revision has removed', page: 'basic', cure: UPDATE_CLIENT },
  batch: { expected: 'one message in a request', page: HTTP, cure: UPDATE_CLIENT },
  'result-type': { expected: 'resultType in the result', page: 'basic', cure: UPDATE_SERVER },
  'ttl-ms': {
    expected: 'ttlMs, how long the result may be kept, from 0 on',
    page: CACHING,
    cure: 'clients ask again each time: say how long lists may be kept',
  },
  'cache-scope': {
    expected: 'cacheScope, public or private',
    page: CACHING,
    cure: 'say whether lists are the same for everybody',
  },
  'server-info': {
    expected: 'the name of the server in _meta of the result',
    page: 'basic',
    cure: 'clients cannot show which server answers: update its SDK',
  },
  'input-required': {
    expected: 'input_required only for tools/call, prompts/get and resources/read',
    page: 'basic/patterns/mrtr',
    cure: 'answer the request without asking back',
  },
  'server-request': {
    expected: 'no request of the server: it asks back with input_required',
    page: HTTP,
    cure: 'return input_required with what is asked; a request is lost on a client without sessions',
  },
  'session-id': { expected: 'no Mcp-Session-Id in the answer', page: HTTP, cure: 'give no session to modern requests' },
  'error-status': {
    expected: 'HTTP 404 with -32601, 400 with -32020 to -32022',
    page: HTTP,
    cure: 'clients tell an older server by its status: send the one that belongs to the code',
  },
  'legacy-code': {
    expected: '-32602 for an unknown resource, input_required in place of -32042',
    page: 'basic',
    cure: UPDATE_SERVER,
  },
  'no-discover': {
    expected: 'an answer to server/discover',
    page: 'server/discover',
    cure: 'clients that ask first take the server for an older one: implement it',
  },
};

/** `cursor sent tools/call 12 times without …: expected …, seen: nothing, last 2026-01-31 10:12`. */
export function lintInWords({ client, rule, method, seen, number, lastAt }: StoredLint): string {
  const { by, level } = LINT_RULES[rule];
  const who = by === 'client' ? `${client} sent ${method}` : `the server answered ${method} of ${client}`;
  const weight = level === 'must' ? 'demands' : 'recommends';
  const { expected } = LINT_WORDS[rule];
  return `${who} against a rule, ${counted(number, 'time')}, last ${dateTime(lastAt)}: 2026-07-28 ${weight} ${expected}; seen: ${seen}`;
}
