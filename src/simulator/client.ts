import { objectOr, textOf, type JsonObject } from './json.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Outcome, Sent } from './tally.ts';
import { isToolError, type HeaderList, type Reply, type Stream, type Wire } from './wire.ts';

/** One client in one conversation, as it behaves on the wire. Rejects only with what `onSent` throws. */
export interface SimulatedClient {
  /** `refused`: the handshake failed, so there is nothing to send requests in. */
  state(): 'fresh' | 'open' | 'refused';
  open(session: 'new' | 'dead'): Promise<void>;
  /** Sends a request, and gives its result if it has one. */
  request(method: string, params?: JsonObject): Promise<JsonObject | undefined>;
  /** Goes away: closes the stream, and with `deleteSession` ends the session politely. */
  leave(options?: { deleteSession: boolean }): Promise<void>;
}

export interface ClientOptions {
  readonly profile: Profile;
  readonly wire: Wire;
  readonly random: Random;
  /** Value of `{user}`. */
  readonly user: string;
  /** Sent with every request; each replaces a header of the profile with the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Tells a request that was cut off by stopping from one that failed. */
  readonly signal: AbortSignal;
  readonly onSent: (sent: Sent) => void;
}

export function createClient(options: ClientOptions): SimulatedClient {
  const { profile, wire, random, signal } = options;
  const blanks = { conversation: random.hex(32), user: options.user };
  let nextId = 0;
  let state: 'fresh' | 'open' | 'refused' = 'fresh';
  let session: { id: string; used: boolean } | undefined;
  let stream: Stream | undefined;

  const headersFor = (method: string, params: JsonObject, sessionId: string | undefined): HeaderList => {
    const isStream = method === 'GET';
    const all = new Map<string, [name: string, value: string]>();
    const set = (name: string, value: string | undefined): void => {
      if (value !== undefined) all.set(name.toLowerCase(), [name, value]);
    };
    set('Accept', isStream ? 'text/event-stream' : 'application/json, text/event-stream');
    if (!isStream && method !== 'DELETE') set('Content-Type', 'application/json');
    for (const [name, value] of Object.entries(profile.headers)) set(name, fill(value, blanks));
    set('Mcp-Session-Id', sessionId);
    if (profile.sendsVersionHeader && method !== 'initialize') set('MCP-Protocol-Version', profile.protocolVersion);
    if (profile.era === 'modern') {
      set('Mcp-Method', method);
      set('Mcp-Name', headerValue(targetOf(method, params)));
    }
    for (const [name, value] of Object.entries(options.headers)) set(name, value);
    return [...all.values()].flat();
  };

  const metaFor = (method: string): JsonObject => ({
    ...(profile.era === 'modern' && {
      'io.modelcontextprotocol/protocolVersion': profile.protocolVersion,
      'io.modelcontextprotocol/clientInfo': profile.client,
      'io.modelcontextprotocol/clientCapabilities': profile.capabilities,
    }),
    ...(method === 'tools/call' && fillAll(profile.callMeta, blanks)),
  });

  const told = (method: string, params: JsonObject, reply: Reply, outcome: Outcome, mark?: Sent['session']): void => {
    options.onSent({
      method,
      target: targetOf(method, params),
      ms: reply.ms,
      status: reply.kind === 'answered' ? reply.status : undefined,
      outcome,
      sessionless: profile.era === 'legacy' && session === undefined,
      session: mark,
    });
  };

  const post = async (method: string, given: JsonObject, sessionId: string | undefined): Promise<Reply> => {
    const _meta = metaFor(method);
    const params = Object.keys(_meta).length > 0 ? { ...given, _meta } : given;
    const id = method.startsWith('notifications/') ? {} : { id: nextId++ };
    return wire.post({ jsonrpc: '2.0', ...id, method, params }, headersFor(method, params, sessionId));
  };

  const close = async (): Promise<void> => {
    await stream?.close();
    stream = undefined;
  };

  return {
    state: () => state,

    async open(kind) {
      await close();
      nextId = 0;
      session = undefined;
      const { protocolVersion, capabilities, client: clientInfo } = profile;
      const params = { protocolVersion, capabilities, clientInfo };
      const reply = await post('initialize', params, kind === 'dead' ? deadSessionId(random) : undefined);
      const outcome = outcomeOf(reply, signal);
      state = outcome === 'ok' ? 'open' : 'refused';
      const minted = state === 'open' && reply.kind === 'answered' ? reply.sessionId : undefined;
      told('initialize', params, reply, outcome, minted === undefined ? undefined : 'minted');
      if (state === 'refused') return;
      if (minted !== undefined) session = { id: minted, used: false };
      const acknowledged = await post('notifications/initialized', {}, minted);
      told('notifications/initialized', {}, acknowledged, deliveryOf(acknowledged, signal));
      if (!profile.opensStream || minted === undefined) return;
      stream = wire.stream(headersFor('GET', {}, minted));
    },

    async request(method, params = {}) {
      const reply = await post(method, params, session?.id);
      const outcome = outcomeOf(reply, signal);
      const firstCall = method === 'tools/call' && session?.used === false;
      if (firstCall && session !== undefined) session.used = true;
      told(method, params, reply, outcome, firstCall ? 'first-call' : undefined);
      if (session !== undefined && reply.kind === 'answered' && reply.status === 404) {
        // "MUST start a new session" (Streamable HTTP, session management): it does at its next step `open`.
        session = undefined;
        state = 'refused';
      }
      const message = reply.kind === 'answered' ? reply.message : undefined;
      return message !== undefined && 'result' in message ? objectOr(message['result']) : undefined;
    },

    async leave({ deleteSession } = { deleteSession: false }) {
      await close();
      if (!deleteSession || session === undefined) return;
      const reply = await wire.delete(headersFor('DELETE', {}, session.id));
      told('DELETE', {}, reply, deliveryOf(reply, signal));
      session = undefined;
    },
  };
}

/** How a request fared. */
function outcomeOf(reply: Reply, signal: AbortSignal): Outcome {
  const delivered = deliveryOf(reply, signal);
  if (delivered !== 'ok' || reply.kind !== 'answered') return delivered;
  if (reply.message === undefined) return signal.aborted ? 'cut' : 'no-answer';
  if (!('result' in reply.message)) return 'rpc-error';
  return isToolError(reply.message) ? 'tool-error' : 'ok';
}

/** How anything fared that gets no message back. */
function deliveryOf(reply: Reply, signal: AbortSignal): Outcome {
  if (reply.kind === 'unreachable') return signal.aborted ? 'cut' : 'unreachable';
  return reply.status >= 400 ? 'refused' : 'ok';
}

function targetOf(method: string, params: JsonObject): string | undefined {
  return textOf(method === 'resources/read' ? params['uri'] : params['name']);
}

/** `Mcp-Name` of revision 2026-07-28: what a header cannot carry as it is goes as base64 between markers. */
function headerValue(value: string | undefined): string | undefined {
  if (value === undefined || (/^[!-~]([ -~]*[!-~])?$/.test(value) && !value.startsWith('=?base64?'))) return value;
  return `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

function deadSessionId(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
}

/** Puts values into the `{blanks}` of a text; a blank without value stays. */
export function fill(text: string, blanks: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => blanks[name] ?? whole);
}

function fillAll(object: JsonObject, blanks: Readonly<Record<string, string>>): JsonObject {
  const filled = Object.entries(object).map(([name, value]): [string, unknown] => {
    return [name, typeof value === 'string' ? fill(value, blanks) : value];
  });
  return Object.fromEntries(filled);
}
