import { objectAt, type JsonObject } from '../observe/json-object.ts';
import type { Message } from '../observe/message.ts';
import { META } from './era.ts';
import type { Broken, LintRule } from './lint-rules.ts';
import { mirroredHeaders } from './mirrored.ts';
import type { Operation } from './operation.ts';

/** The revision whose rules these are. What a later one says is not known. */
const REVISION = '2026-07-28';

/** Only this revision has them, so whoever uses them claims it, also without naming a revision. */
const OWN_METHODS: ReadonlySet<string> = new Set(['server/discover', 'subscriptions/listen']);
const REMOVED_METHODS: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'notifications/initialized',
  'notifications/roots/list_changed',
  'ping',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/list',
  'tasks/result',
]);
/** Their complete results say how long they may be kept (server/utilities/caching). */
const CACHEABLE_METHODS: ReadonlySet<string> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);
const MAY_ASK_BACK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);
const METHOD_NOT_FOUND = -32_601;
const RESOURCE_NOT_FOUND = -32_002;
/** Of 2025-11-25 only. */
const URL_ELICITATION = -32_042;
/** Header mismatch, missing capability, unsupported version. */
const WITH_STATUS_400: ReadonlySet<number> = new Set([-32_020, -32_021, -32_022]);

type Answer = Extract<Message, { kind: 'result' | 'error' }>;

/**
 * Which rules of MCP 2026-07-28 messages break. Judged is only what claims that revision and was seen whole; a server is
 * judged once it has answered in it, since an older one that overlooks the claim breaks nothing.
 */
export class Lint {
  #serverClaims = false;

  /** A client's request or notification, before its answer. */
  asked(operation: Operation, params: JsonObject, single: boolean): void {
    if (!claims(operation)) return;
    const { method, form, exchange } = operation;
    const find = finder(operation);
    if (REMOVED_METHODS.has(method)) find('removed-method', 'present');
    if (!single) find('batch', 'present');
    // Core defines no notification of a client over HTTP: nothing says which headers one needs.
    if (form === 'notification') return;
    const meta = objectAt(params, '_meta');
    if (meta?.[META.protocolVersion] === undefined) find('meta-version', 'nothing');
    if (meta?.[META.clientCapabilities] === undefined) find('meta-capabilities', 'nothing');
    if (meta?.[META.clientInfo] === undefined) find('meta-client-info', 'nothing');
    if (exchange.request.carrier === 'stdio' || !single) return;
    const { version, method: named, name } = mirroredHeaders(exchange.request, method, params);
    for (const [rule, how] of [
      ['version-header', version],
      ['method-header', named],
      ['name-header', name],
    ] as const)
      if (how !== undefined) find(rule, how === 'missing' ? 'nothing' : 'another value');
  }

  /** The server asks its client something while it answers this operation. */
  askedByServer(operation: Operation): void {
    if (claims(operation) && this.#serverClaims) finder(operation)('server-request', 'present');
  }

  /** The answer to a client's request. */
  answered(operation: Operation, message: Answer): void {
    if (!claims(operation)) return;
    if (message.kind === 'result') this.#result(operation, message.result);
    else if (this.#serverClaims && message.code !== undefined) failed(operation, message.code);
  }

  #result(operation: Operation, result: JsonObject): void {
    const { method, exchange } = operation;
    const type = result['resultType'];
    const info = objectAt(result, '_meta')?.[META.serverInfo];
    if (type !== undefined || info !== undefined) this.#serverClaims = true;
    if (!this.#serverClaims) return;
    const find = finder(operation);
    if (type === undefined) find('result-type', 'nothing');
    if (info === undefined) find('server-info', 'nothing');
    if (type === 'input_required' && !MAY_ASK_BACK.has(method)) find('input-required', 'not allowed here');
    if (CACHEABLE_METHODS.has(method) && (type === undefined || type === 'complete')) {
      const { ttlMs, cacheScope } = result;
      if (typeof ttlMs !== 'number' || ttlMs < 0) find('ttl-ms', ttlMs === undefined ? 'nothing' : 'another value');
      if (cacheScope !== 'public' && cacheScope !== 'private')
        find('cache-scope', cacheScope === undefined ? 'nothing' : 'another value');
    }
    if (exchange.request.carrier === 'http' && exchange.answer?.sessionId !== undefined) find('session-id', 'present');
  }
}

function failed(operation: Operation, code: number): void {
  const { method, exchange } = operation;
  const find = finder(operation);
  if (code === METHOD_NOT_FOUND && method === 'server/discover') find('no-discover', `code ${code}`);
  if (code === URL_ELICITATION || (code === RESOURCE_NOT_FOUND && method === 'resources/read'))
    find('legacy-code', `code ${code}`);
  const status = exchange.request.carrier === 'http' ? exchange.answer?.status : undefined;
  if (status === undefined) return;
  const due = WITH_STATUS_400.has(code) ? 400 : code === METHOD_NOT_FOUND ? 404 : undefined;
  if (due !== undefined && status !== due) find('error-status', `HTTP ${status}`);
}

/** Whether it claims the revision, and was seen as it was sent by somebody who uses the server. */
function claims({ era, method, protocolVersion, client, exchange }: Operation): boolean {
  if (era !== 'modern' || client.throwAway || exchange.incomplete) return false;
  return protocolVersion === REVISION || (protocolVersion === undefined && OWN_METHODS.has(method));
}

const finder =
  (operation: Operation) =>
  (rule: LintRule, seen: Broken['seen']): void => {
    operation.broken ??= [];
    // A server may ask often while it answers one call.
    if (!operation.broken.some((known) => known.rule === rule)) operation.broken.push({ rule, seen });
  };
