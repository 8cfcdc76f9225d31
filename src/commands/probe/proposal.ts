import { minimalArguments } from '../../simulator/arguments.ts';
import type { Tool } from '../../simulator/catalogue.ts';
import type { Random } from '../../simulator/random.ts';
import { titleOf, type Call, type CallList, type LeftOut } from './calls.ts';
import { namesIn } from './references.ts';

/** Requests that change nothing by what the protocol says of them. */
const READING: ReadonlySet<string> = new Set([
  'ping',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);

/** Leaves out what may change something, and what refers to that. */
export function onlyReading(calls: readonly Call[], tools: readonly Tool[]): CallList {
  const kept: Call[] = [];
  const leftOut: LeftOut[] = [];
  for (const call of calls) {
    const why = whyNot(call, tools) ?? missingFor(call, kept);
    if (why === undefined) kept.push(call);
    else leftOut.push({ what: titleOf(call), why });
  }
  return { calls: kept, leftOut };
}

const NEEDS_LEAVE = 'not marked read-only (needs --allow-writes)';

function whyNot({ method, params }: Call, tools: readonly Tool[]): string | undefined {
  if (method !== 'tools/call')
    return READING.has(method) ? undefined : `${method} may change something (needs --allow-writes)`;
  const tool = tools.find(({ name }) => name === params['name']);
  if (tool === undefined) return 'the server does not list it (needs --allow-writes)';
  return tool.readOnly ? undefined : NEEDS_LEAVE;
}

const missingFor = (call: Call, kept: readonly Call[]): string | undefined => {
  const missing = namesIn(call.params).find((name) => !kept.some((before) => before.name === name));
  return missing === undefined ? undefined : `it needs the answer of '${missing}', which is left out`;
};

/** More of them would take long, and find nothing new. */
const MAX_PROPOSED = 20;

/**
 * Calls with arguments that the tools' schemas accept: those that change something first, so that those that read have
 * something to find. What says that it destroys is never proposed.
 */
export function proposeCalls(tools: readonly Tool[], allowWrites: boolean, random: Random): CallList {
  const groups = Map.groupBy(tools, ({ readOnly, destructive }) => {
    if (readOnly) return 'reads';
    return destructive ? 'destroys' : 'writes';
  });
  const [reads = [], writes = [], destroys = []] = [groups.get('reads'), groups.get('writes'), groups.get('destroys')];
  const ordered = allowWrites ? [...writes, ...reads] : reads;
  const calls = ordered.slice(0, MAX_PROPOSED).map(({ name, inputSchema }, index): Call => {
    const params = { name, arguments: minimalArguments(inputSchema, random) };
    return { name: String(index + 1), method: 'tools/call', params };
  });
  const without = (some: readonly Tool[], why: string): LeftOut[] => some.map(({ name }) => ({ what: name, why }));
  return {
    calls,
    leftOut: [
      ...(allowWrites ? without(destroys, 'it says that it may destroy something: call it with --calls') : []),
      ...(allowWrites ? [] : without([...writes, ...destroys], NEEDS_LEAVE)),
      ...without(ordered.slice(MAX_PROPOSED), `more than ${MAX_PROPOSED} are not proposed`),
    ],
  };
}
