import { textOf, type JsonObject } from './json.ts';
import { modernVersion, type Manner } from './profile.ts';
import type { Random } from './random.ts';
import type { HeaderList } from './wire.ts';

type Era = 'legacy' | 'modern';

/** A request or notification to be sent: the parts that its headers depend on. */
interface Exchange {
  /** A JSON-RPC method, or `GET` or `DELETE`. */
  readonly method: string;
  readonly params: JsonObject;
  readonly era: Era;
  readonly sessionId: string | undefined;
  /** Legacy: the version that the handshake agreed on. */
  readonly version: string;
}

/** How the requests of one client in one conversation look on the wire. */
export interface RequestStyle {
  headers(exchange: Exchange): HeaderList;
  meta(method: string, era: Era): JsonObject;
  /** Begins another turn of the conversation. */
  turn(): void;
}

/** @param extra sent with every request; each replaces a header of the profile with the same name */
export function createRequestStyle(
  profile: Manner,
  random: Random,
  user: string,
  extra: Readonly<Record<string, string>>,
): RequestStyle {
  const conversation = random.hex(32);
  let turn: string | undefined;
  // A value is drawn only if the profile has the blank.
  const blanks: Blanks = {
    conversation: () => conversation,
    user: () => user,
    turn: () => (turn ??= random.hex(32)),
    noise: () => random.hex(16),
  };

  return {
    headers({ method, params, era, sessionId, version }) {
      const all = new Map<string, [name: string, value: string]>();
      const set = (name: string, value: string | undefined): void => {
        if (value !== undefined) all.set(name.toLowerCase(), [name, value]);
      };
      const isPost = method !== 'GET' && method !== 'DELETE';
      set('Accept', method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream');
      if (isPost) set('Content-Type', 'application/json');
      for (const [name, value] of Object.entries(profile.headers)) set(name, fill(value, blanks));
      set('Mcp-Session-Id', sessionId);
      if (era === 'modern') set('MCP-Protocol-Version', modernVersion);
      else if (profile.sendsVersionHeader && method !== 'initialize') set('MCP-Protocol-Version', version);
      if (isPost && (era === 'modern' || profile.mirrors === true)) {
        set('Mcp-Method', method);
        set('Mcp-Name', headerValue(targetOf(method, params)));
      }
      for (const [name, value] of Object.entries(extra)) set(name, value);
      return [...all.values()].flat();
    },

    meta: (method, era) => ({
      ...(era === 'modern' && {
        'io.modelcontextprotocol/protocolVersion': modernVersion,
        'io.modelcontextprotocol/clientInfo': profile.client,
        'io.modelcontextprotocol/clientCapabilities': profile.capabilities,
      }),
      ...(method === 'tools/call' && fillAll(profile.callMeta, blanks)),
    }),

    turn() {
      turn = undefined;
    },
  };
}

/** Tool name or resource URI. */
export function targetOf(method: string, params: JsonObject): string | undefined {
  return textOf(method === 'resources/read' ? params['uri'] : params['name']);
}

/** `Mcp-Name` of revision 2026-07-28: a value that a header cannot carry is sent as base64 between markers. */
function headerValue(value: string | undefined): string | undefined {
  if (value === undefined || (/^[!-~]([ -~]*[!-~])?$/.test(value) && !value.startsWith('=?base64?'))) return value;
  return `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

type Blanks = Readonly<Record<string, () => string>>;

/** Puts values into the `{blanks}` of a text; a blank without a value stays. */
export function fill(text: string, blanks: Blanks): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => blanks[name]?.() ?? whole);
}

function fillAll(object: JsonObject, blanks: Blanks): JsonObject {
  const filled = Object.entries(object).map(([name, value]): [string, unknown] => {
    return [name, typeof value === 'string' ? fill(value, blanks) : value];
  });
  return Object.fromEntries(filled);
}
