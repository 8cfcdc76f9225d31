import { isObject, textOf, type JsonObject } from '../../simulator/json.ts';
import { namesIn } from './references.ts';
import { messageOf } from '../../transport/error-text.ts';

/** A call of the list. */
export interface Call {
  /** A name that later calls and people refer to it by: `create`, or its number. */
  readonly name: string;
  readonly method: string;
  /** May hold references to results of earlier calls. */
  readonly params: JsonObject;
}

/** A call or a tool that is left out, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface CallList {
  readonly calls: readonly Call[];
  readonly leftOut: readonly LeftOut[];
}

/** A call as people read it. */
export const titleOf = ({ method, params }: Pick<Call, 'method' | 'params'>): string => {
  const target = textOf(method === 'resources/read' ? params['uri'] : params['name']);
  return target === undefined ? method : method === 'tools/call' ? target : `${method} ${target}`;
};

/**
 * Reads a list of calls: `{ "calls": [ { "tool": "create", "arguments": {…}, "name": "made" }, … ] }`. A call may have a
 * `method` with its `params` in place of a tool. Returns every problem.
 */
export function readCalls(
  text: string,
): { readonly calls: readonly Call[] } | { readonly problems: readonly string[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { problems: [`it is not JSON: ${messageOf(error)}`] };
  }
  const items = isObject(parsed) ? parsed['calls'] : parsed;
  if (!Array.isArray(items) || items.length === 0)
    return { problems: ['it holds no calls: { "calls": [ { "tool": "…", "arguments": {} } ] }'] };
  const problems: string[] = [];
  const calls: Call[] = [];
  for (const [index, item] of items.entries()) {
    const number = String(index + 1);
    const call = isObject(item) ? callOf(item, number) : 'it is not an object';
    if (typeof call === 'string') {
      problems.push(`call ${number}: ${call}`);
      continue;
    }
    if (calls.some(({ name }) => name === call.name))
      problems.push(`call ${number}: another call is named '${call.name}' already`);
    for (const name of namesIn(call.params))
      if (!calls.some((before) => before.name === name))
        problems.push(`call ${number}: \${${name}.…} is no call before it; the calls before it are ${listed(calls)}`);
    calls.push(call);
  }
  return problems.length > 0 ? { problems } : { calls };
}

const listed = (calls: readonly Call[]): string => calls.map(({ name }) => name).join(', ') || 'none';

const KNOWN: ReadonlySet<string> = new Set(['tool', 'arguments', 'method', 'params', 'name']);

function callOf(item: JsonObject, number: string): Call | string {
  const stray = Object.keys(item).find((key) => !KNOWN.has(key));
  if (stray !== undefined) return `'${stray}' is none of tool, arguments, method, params, name`;
  const name = item['name'] === undefined ? number : textOf(item['name']);
  if (name === undefined || !/^[\w-]+$/.test(name)) return 'its name may hold letters, digits, _ and - only';
  const [tool, method] = [item['tool'], item['method']];
  if ((tool === undefined) === (method === undefined)) return 'it needs either a tool or a method';
  const sent = item[tool === undefined ? 'params' : 'arguments'] ?? {};
  if (!isObject(sent)) return `its ${tool === undefined ? 'params' : 'arguments'} are not an object`;
  if (tool !== undefined) {
    if (typeof tool !== 'string') return 'its tool is not a text';
    return { name, method: 'tools/call', params: { name: tool, arguments: sent } };
  }
  return typeof method === 'string' ? { name, method, params: sent } : 'its method is not a text';
}
