import { type JsonObject, objectAt, textAt } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';
import { META } from './era.ts';

const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** A header that repeats a part of the body: `differs` only where both are there and say different things. */
export interface MirroredHeaders {
  version: 'missing' | 'differs' | undefined;
  method: 'missing' | 'differs' | undefined;
  /** `Mcp-Name`; undefined also where the method needs none. */
  name: 'missing' | 'differs' | undefined;
}

/**
 * How the headers that repeat a single request's method, name and revision compare with its body
 * (MCP 2026-07-28, basic/transports).
 */
export function mirroredHeaders(request: RequestFacts, method: string, params: JsonObject): MirroredHeaders {
  const { mcpMethod, mcpName, protocolVersion } = request;
  const revision = textAt(objectAt(params, '_meta'), META.protocolVersion);
  const name = nameIn(method, params);
  return {
    version: compared(protocolVersion, revision),
    method: compared(mcpMethod, method),
    name: name === undefined ? undefined : compared(mcpName === undefined ? undefined : decoded(mcpName), name),
  };
}

const compared = (header: string | undefined, said: string | undefined): 'missing' | 'differs' | undefined =>
  header === undefined ? 'missing' : said !== undefined && header !== said ? 'differs' : undefined;

/** Whether these headers say what the body says. Headers that are not there say nothing. */
export function mirrorsBody(request: RequestFacts, method: string, params: JsonObject): boolean {
  const { version, method: named, name } = mirroredHeaders(request, method, params);
  return version !== 'differs' && named !== 'differs' && name !== 'differs';
}

/** Of longer names the copy may hold only the beginning. */
const MAX_COMPARED_CHARS = 1_000;

function nameIn(method: string, params: JsonObject): string | undefined {
  const name = wholeNameIn(method, params);
  return name === undefined || name.length > MAX_COMPARED_CHARS ? undefined : name;
}

function wholeNameIn(method: string, params: JsonObject): string | undefined {
  if (method === 'tools/call' || method === 'prompts/get') return textAt(params, 'name');
  if (method === 'resources/read') return textAt(params, 'uri');
  return method.startsWith('tasks/') ? textAt(params, 'taskId') : undefined;
}

/** A value that a header cannot carry is sent as base64 between markers. */
function decoded(value: string): string {
  const [, base64] = ENCODED.exec(value) ?? [];
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8');
}
