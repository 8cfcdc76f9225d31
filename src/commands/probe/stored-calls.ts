import { isObject, objectOr, parseJson, type JsonObject } from '../../simulator/json.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import { titleOf, type Call, type CallList, type LeftOut } from './calls.ts';

/** What is needed of an operation of a session that was recorded. */
export type Recorded = Pick<
  StoredOperation,
  'method' | 'target' | 'uri' | 'direction' | 'form' | 'outcome' | 'attempt' | 'arguments' | 'result'
>;

/** What a client does around its calls. */
const SURROUNDINGS = /^(initialize|ping|server\/discover|subscriptions\/listen|logging\/setLevel)$/;
const LISTS = /^(tools|prompts|resources|resources\/templates)\/list$/;

export const isList = ({ method }: Pick<Recorded, 'method'>): boolean => LISTS.test(method);

/**
 * The calls of a recorded session, in its order. What one took from the answer to another, it takes from the new answer.
 * What was not captured, or not as it was sent, is left out.
 */
export function storedCalls(operations: readonly Recorded[]): CallList {
  const calls: Call[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Map<string, string>();
  const capturing = capturesArguments(operations);
  for (const operation of operations) {
    const { method, direction, form, result } = operation;
    if (direction === 'to-client' || form === 'notification' || SURROUNDINGS.test(method)) continue;
    // A list comes in pages.
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

/** Nothing was captured of a call without arguments: of others it tells whether that was asked for. */
export const capturesArguments = (operations: readonly Recorded[]): boolean =>
  operations.some((operation) => isToolCall(operation) && operation.arguments !== undefined);

export const isToolCall = ({ method, direction, form }: Recorded): boolean =>
  method === 'tools/call' && direction === 'to-server' && form === 'request';

const nameOf = ({ method, target, uri }: Recorded): string =>
  titleOf({ method, params: method === 'resources/read' ? { uri } : { name: target } });

/** What it was sent with; a text: why nobody can tell. */
function paramsOf(operation: Recorded, capturing: boolean): JsonObject | string {
  const { method, target, uri, outcome, attempt } = operation;
  if (attempt === 'retry') return 'it went on with a call before it';
  if (outcome === 'refused') return 'it was refused then, before it was looked at';
  if (isList(operation)) return {};
  if (method === 'resources/read')
    return uri !== undefined && isWhole(uri) ? { uri } : 'its URI was not captured (--capture uris)';
  if (method !== 'tools/call') return 'what it was asked with is never captured';
  if (operation.arguments === undefined)
    return capturing ? { name: target } : 'its arguments were not captured (--capture arguments)';
  const given = sentArguments(operation.arguments);
  return typeof given === 'string' ? given : { name: target, arguments: given };
}

/** As `session/privacy.ts` writes what it takes out. */
const REDACTED = '{redacted}';

function sentArguments(captured: string): JsonObject | string {
  if (captured.includes(REDACTED)) return 'what looks secret in its arguments was not captured';
  const given = parseJson(captured);
  if (given === undefined) return 'its arguments were too long to be captured whole';
  return isObject(given) ? given : 'its arguments are no object';
}

/** Without `--capture uris` there is at most a scheme and a host. */
function isWhole(uri: string): boolean {
  if (uri.includes(REDACTED) || uri.endsWith('…')) return false;
  const parsed = URL.parse(uri);
  return parsed === null || uri.length > parsed.protocol.length + (parsed.host === '' ? 0 : parsed.host.length + 2);
}

/** Long enough, and with a digit, to be something that a server made up; dates are anybody's. */
const MADE_UP = /^(?=.*\d)(?!\d{4}-\d\d-\d\d).{6,}$/s;
/** What stands under such a name may be as short as `7`. */
const ID_NAME = /(?:^|[a-z_-])(?:id|Id|ID)$/;

const keyFor = (name: string, value: unknown): string | undefined => {
  if (typeof value === 'string' && MADE_UP.test(value)) return value;
  const short = typeof value === 'number' || (typeof value === 'string' && value !== '');
  return short && ID_NAME.test(name) ? `id\0${typeof value}\0${value}` : undefined;
};

function collect(value: unknown, path: string, seen: Map<string, string>, own = ''): void {
  const key = keyFor(own, value);
  // A short id is that of several things: most likely of the last one.
  if (key !== undefined && (key !== value || !seen.has(key))) seen.set(key, path);
  // References look into text that is JSON.
  if (typeof value === 'string') {
    if (/^\s*[[{]/.test(value)) collect(parseJson(value), path, seen);
  } else if (Array.isArray(value)) value.forEach((item, index) => collect(item, `${path}.${index}`, seen, own));
  else if (isObject(value))
    for (const [name, member] of Object.entries(value))
      if (!/[.[\]}]/.test(name)) collect(member, `${path}.${name}`, seen, name);
}

/** What is no reference is kept from being taken for one. */
function linked(value: unknown, seen: ReadonlyMap<string, string>, own = ''): unknown {
  const from = seen.get(keyFor(own, value) ?? '');
  if (from !== undefined) return `\${${from}}`;
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map((item) => linked(item, seen, own));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, linked(member, seen, name)]));
}
