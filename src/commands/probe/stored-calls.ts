import { isObject, objectOr, parseJson, type JsonObject } from '../../simulator/json.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import { titleOf, type Call, type CallList, type LeftOut } from './calls.ts';

/** The part of a recorded operation that is needed here. */
export type Recorded = Pick<
  StoredOperation,
  'method' | 'target' | 'uri' | 'direction' | 'form' | 'outcome' | 'attempt' | 'arguments' | 'result'
>;

/** Requests that a client makes around its calls. */
const HOUSEKEEPING = /^(initialize|ping|server\/discover|subscriptions\/listen|logging\/setLevel)$/;
const LISTS = /^(tools|prompts|resources|resources\/templates)\/list$/;

export const isList = ({ method }: Pick<Recorded, 'method'>): boolean => LISTS.test(method);

/**
 * The calls of a recorded session, in order. A value that a call took from an earlier answer becomes a reference, so that it
 * is taken from the new answer. Calls that were not captured as they were sent are left out.
 */
export function storedCalls(operations: readonly Recorded[]): CallList {
  const calls: Call[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Map<string, string>();
  const capturing = capturesArguments(operations);
  for (const operation of operations) {
    const { method, direction, form, result } = operation;
    if (direction === 'to-client' || form === 'notification' || HOUSEKEEPING.test(method)) continue;
    // The next page of the same list.
    if (isList(operation) && calls.at(-1)?.method === method) continue;
    const params = paramsOf(operation, capturing);
    if (typeof params === 'string') {
      leftOut.push({ what: nameOf(operation), why: params });
      continue;
    }
    const name = String(calls.length + 1);
    calls.push({ name, method, params: objectOr(linked(params, seen)) });
    if (result !== undefined) collect(objectOr(parseJson(result)), name, seen);
  }
  return { calls, leftOut };
}

/** Whether arguments were captured: a call without arguments cannot tell, another one can. */
export const capturesArguments = (operations: readonly Recorded[]): boolean =>
  operations.some((operation) => isToolCall(operation) && operation.arguments !== undefined);

export const isToolCall = ({ method, direction, form }: Recorded): boolean =>
  method === 'tools/call' && direction === 'to-server' && form === 'request';

const nameOf = ({ method, target, uri }: Recorded): string =>
  titleOf({ method, params: method === 'resources/read' ? { uri } : { name: target } });

/** The parameters of a call; a text: why they are unknown. */
function paramsOf(operation: Recorded, capturing: boolean): JsonObject | string {
  const { method, target, uri, outcome, attempt } = operation;
  if (attempt === 'retry') return 'it continued an earlier call';
  if (outcome === 'refused') return 'the server refused it before reading it';
  if (isList(operation)) return {};
  if (method === 'resources/read')
    return uri !== undefined && isWhole(uri) ? { uri } : 'its URI was not captured (--capture uris)';
  if (method !== 'tools/call') return 'its parameters are never captured';
  if (operation.arguments === undefined)
    return capturing ? { name: target } : 'its arguments were not captured (--capture arguments)';
  const sent = sentArguments(operation.arguments);
  return typeof sent === 'string' ? sent : { name: target, arguments: sent };
}

/** What `session/privacy.ts` writes in place of a secret. */
const REDACTED = '{redacted}';

function sentArguments(captured: string): JsonObject | string {
  if (captured.includes(REDACTED)) return 'a part of its arguments looked secret and was not captured';
  const parsed = parseJson(captured);
  if (parsed === undefined) return 'its arguments were too long to be captured whole';
  return isObject(parsed) ? parsed : 'its arguments are not an object';
}

/** Without `--capture uris`, at most a scheme and a host are captured. */
function isWhole(uri: string): boolean {
  if (uri.includes(REDACTED) || uri.endsWith('…')) return false;
  const parsed = URL.parse(uri);
  return parsed === null || uri.length > parsed.protocol.length + (parsed.host === '' ? 0 : parsed.host.length + 2);
}

/** Long, and with a digit: most likely an id that the server made. A date could come from anywhere. */
const GENERATED_VALUE = /^(?=.*\d)(?!\d{4}-\d\d-\d\d).{6,}$/s;
/** A member of such a name is an id, even one as short as `7`. */
const ID_NAME = /(?:^|[a-z_-])(?:id|Id|ID)$/;

const keyFor = (name: string, value: unknown): string | undefined => {
  if (typeof value === 'string' && GENERATED_VALUE.test(value)) return value;
  const short = typeof value === 'number' || (typeof value === 'string' && value !== '');
  return short && ID_NAME.test(name) ? `id\0${typeof value}\0${value}` : undefined;
};

function collect(value: unknown, path: string, seen: Map<string, string>, own = ''): void {
  const key = keyFor(own, value);
  // Several things may have the same short id: the last one is the most likely.
  if (key !== undefined && (key !== value || !seen.has(key))) seen.set(key, path);
  // References can point into text that is JSON.
  if (typeof value === 'string') {
    if (/^\s*[[{]/.test(value)) collect(parseJson(value), path, seen);
  } else if (Array.isArray(value)) value.forEach((item, index) => collect(item, `${path}.${index}`, seen, own));
  else if (isObject(value))
    for (const [name, member] of Object.entries(value))
      if (!/[.[\]}]/.test(name)) collect(member, `${path}.${name}`, seen, name);
}

/** Replaces known values by references; text that looks like a reference is escaped. */
function linked(value: unknown, seen: ReadonlyMap<string, string>, own = ''): unknown {
  const from = seen.get(keyFor(own, value) ?? '');
  if (from !== undefined) return `\${${from}}`;
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map((item) => linked(item, seen, own));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, linked(member, seen, name)]));
}
