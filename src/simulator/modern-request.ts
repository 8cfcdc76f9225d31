import type { IncomingHttpHeaders } from 'node:http';
import { isObject, objectOr, type JsonObject } from './json.ts';
import { modernVersion } from './profile.ts';

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

/** Whether a request follows revision 2026-07-28 or later. Its `_meta`, its method or its header tells. */
export function isModern(headers: IncomingHttpHeaders, method: string, params: JsonObject): boolean {
  if (method === 'initialize') return false;
  if (versionKey in objectOr(params['_meta'])) return true;
  if (method === 'server/discover' || method === 'subscriptions/listen') return true;
  const version = headers['mcp-protocol-version'];
  return typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= modernVersion;
}

/** The JSON-RPC error for a faulty modern request, which is answered with HTTP 400; undefined: it has no fault. */
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
