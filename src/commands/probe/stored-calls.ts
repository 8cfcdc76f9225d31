import { isObject, objectOr, parseJson, type JsonObject } from '../../simulator/json.ts';
import type { Call, CallList, LeftOut } from './calls.ts';

/** A call of a session that was recorded, in the order of the session. */
export interface StoredCall {
  readonly method: string;
  /** As captured; undefined: they were not, or not whole. */
  readonly params: JsonObject | undefined;
  /** As captured, if it was: values in it that later calls repeat become references. */
  readonly result?: JsonObject;
}

/** What a client does around its calls. */
const SURROUNDINGS = /^(initialize|ping|server\/discover|subscriptions\/listen|logging\/setLevel|notifications\/.*)$/;

/** The calls of a recorded session. What one took from the answer to another, it takes from the new answer. */
export function storedCalls(stored: readonly StoredCall[]): CallList {
  const calls: Call[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Map<string, string>();
  for (const { method, params, result } of stored) {
    if (SURROUNDINGS.test(method)) continue;
    if (params === undefined) {
      leftOut.push({ what: method, why: 'its arguments were not captured (--capture arguments)' });
      continue;
    }
    const name = String(calls.length + 1);
    const { _meta, ...own } = params;
    calls.push({ name, method, params: objectOr(linked(own, seen)) });
    if (result !== undefined) collect(result, name, seen);
  }
  return { calls, leftOut };
}

/** Long enough, and with a digit, to be something that a server made up. */
const MADE_UP = /^(?=.*\d).{6,}$/s;

function collect(value: unknown, path: string, seen: Map<string, string>): void {
  if (typeof value === 'string') {
    if (MADE_UP.test(value) && !seen.has(value)) seen.set(value, path);
    // References look into text that is JSON.
    if (/^\s*[[{]/.test(value)) collect(parseJson(value), path, seen);
  } else if (Array.isArray(value)) value.forEach((item, index) => collect(item, `${path}.${index}`, seen));
  else if (isObject(value))
    for (const [name, member] of Object.entries(value))
      if (!/[.[\]}]/.test(name)) collect(member, `${path}.${name}`, seen);
}

/** What is no reference is kept from being taken for one. */
function linked(value: unknown, seen: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const from = seen.get(value);
    return from === undefined ? value.replaceAll('${', () => '$${') : `\${${from}}`;
  }
  if (Array.isArray(value)) return value.map((item) => linked(item, seen));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, linked(member, seen)]));
}
