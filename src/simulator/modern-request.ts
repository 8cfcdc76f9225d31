import type { IncomingHttpHeaders } from 'node:http';
import { isObject, objectOr, type JsonObject } from './json.ts';
import { modernVersion } from './profile.ts';

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

/** Whether a request is of revision 2026-07-28 or later: by its `_meta`, its method, or its header. */
export function isModern(headers: IncomingHttpHeaders, method: string, params: JsonObject): boolean {
  if (method === 'initialize') return false;
  if (versionKey in objectOr(params['_meta'])) return true;
  if (method === 'server/discover' || method === 'subscriptions/listen') return true;
  const version = headers['mcp-protocol-version'];
  return typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= modernVersion;
}

/** What is wrong with a modern request, as the JSON-RPC error of the HTTP 400 it gets, or undefined. */
export function faultOf(
  headers: IncomingHttpHeaders,
  method: string,
  params: JsonObject,
): { code: number; message: string; data?: JsonObject } | undefined {
  const meta = objectOr(params['_meta']);
  const version = meta[versionKey];
  if (typeof version !== 'string') return { code: -32602, message: `Missing _meta["${versionKey}"]` };
  if (!isObject(meta[capabilitiesKey])) return { code: -32602, message: `Missing _meta["${capabilitiesKey}"]` };
  if (version !== modernVersion) {
    const data = { supported: [modernVersion], requested: version };
    return { code: -32022, message: 'Unsupported protocol version', data };
  }
  const name = method === 'resources/read' ? params['uri'] : method === 'tools/call' ? params['name'] : undefined;
  const mirrored: readonly [header: string, value: unknown][] = [
    ['mcp-protocol-version', version],
    ['mcp-method', method],
    ['mcp-name', name],
  ];
  const wrong = mirrored.find(([header, value]) => value !== undefined && decoded(headers[header]) !== value);
  return wrong === undefined ? undefined : { code: -32020, message: `Header mismatch: ${wrong[0]}` };
}

function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const encoded = /^=\?base64\?(.*)\?=$/.exec(header)?.[1];
  return encoded === undefined ? header : Buffer.from(encoded, 'base64').toString('utf8');
}
