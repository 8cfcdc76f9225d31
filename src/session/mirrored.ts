import { type JsonObject, objectAt, textAt } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';
import { META } from './era.ts';

const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/**
 * Whether the headers that repeat a single request's method, name and revision say what its body says
 * (MCP 2026-07-28, basic/transports). Headers that are not there say nothing.
 */
export function mirrorsBody(request: RequestFacts, method: string, params: JsonObject): boolean {
  const { mcpMethod, mcpName, protocolVersion } = request;
  if (mcpMethod !== undefined && mcpMethod !== method) return false;
  const revision = textAt(objectAt(params, '_meta'), META.protocolVersion);
  if (protocolVersion !== undefined && revision !== undefined && protocolVersion !== revision) return false;
  const name = nameIn(method, params);
  return mcpName === undefined || name === undefined || decoded(mcpName) === name;
}

function nameIn(method: string, params: JsonObject): string | undefined {
  if (method === 'tools/call' || method === 'prompts/get') return textAt(params, 'name');
  if (method === 'resources/read') return textAt(params, 'uri');
  return method.startsWith('tasks/') ? textAt(params, 'taskId') : undefined;
}

/** A value that a header cannot carry is sent as base64 between markers. */
function decoded(value: string): string {
  const [, base64] = ENCODED.exec(value) ?? [];
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8');
}
