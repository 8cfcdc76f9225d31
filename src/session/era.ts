import { textAt, type JsonObject } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';
import { isModernRevision } from './methods.ts';

/** `legacy` (to 2025-11-25) or `modern` (from 2026-07-28): a property of each request, not of a connection or client. */
export type Era = 'legacy' | 'modern';

export interface Revision {
  era: Era;
  /** As the request states it; undefined when it does not. */
  version: string | undefined;
  /** The message itself states it, not a header. */
  inBody: boolean;
}

export const META = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
} as const;

/** Decides the era of a client's message from the message and its request's headers alone. */
export function readRevision(
  method: string,
  meta: JsonObject | undefined,
  params: JsonObject,
  request: RequestFacts,
): Revision {
  const own = textAt(meta, META.protocolVersion);
  if (own !== undefined) return { era: isModernRevision(own) ? 'modern' : 'legacy', version: own, inBody: true };
  const header = onlyOne(request.protocolVersion);
  if (method === 'server/discover' || method === 'subscriptions/listen')
    return { era: 'modern', version: header, inBody: false };
  if (method === 'initialize') return { era: 'legacy', version: textAt(params, 'protocolVersion'), inBody: true };
  const modern = header !== undefined && isModernRevision(header);
  return { era: modern ? 'modern' : 'legacy', version: header, inBody: false };
}

/** A proxy may join a header that came twice: `2025-11-25, 2025-11-25`. */
const onlyOne = (header: string | undefined): string | undefined => header?.split(',')[0]?.trim();
