import { minimalArguments } from '../../simulator/arguments.ts';
import type { Tool } from '../../simulator/catalogue.ts';
import type { Random } from '../../simulator/random.ts';
import { titleOf, type Call, type CallList, type LeftOut } from './calls.ts';
import { namesIn } from './references.ts';

/** Requests that change nothing, by their definition in the protocol. */
const READING_METHODS: ReadonlySet<string> = new Set([
  'ping',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);

/** Leaves out calls that may change something, and calls that refer to those. */
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

const NEEDS_PERMISSION = 'not marked read-only (needs --allow-writes)';

function whyNot({ method, params }: Call, tools: readonly Tool[]): string | undefined {
  if (method !== 'tools/call')
    return READING_METHODS.has(method) ? undefined : `${method} may change something (needs --allow-writes)`;
  const tool = tools.find(({ name }) => name === params['name']);
  if (tool === undefined) return 'the server does not list it (needs --allow-writes)';
  return tool.readOnly ? undefined : NEEDS_PERMISSION;
}

const missingFor = (call: Call, kept: readonly Call[]): string | undefined => {
  const missing = namesIn(call.params).find((name) => !kept.some((before) => before.name === name));
  return missing === undefined ? undefined : `it needs the answer to '${missing}', which is left out`;
};

/** More calls would take long and find nothing new. */
const MAX_PROPOSED = 20;

/**
 * Proposes calls with arguments that the tools' schemas accept. Calls that write come before calls that read, so that
 * these find something. A tool that says it destroys something is never proposed.
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
      ...(allowWrites ? without(destroys, 'it may destroy something, by its own account: call it with --calls') : []),
      ...(allowWrites ? [] : without([...writes, ...destroys], NEEDS_PERMISSION)),
      ...without(ordered.slice(MAX_PROPOSED), `${MAX_PROPOSED} calls are proposed at most`),
    ],
  };
}
