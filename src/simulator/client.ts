import { createRequestStyle, targetOf } from './request-style.ts';
import { objectOr, textOf, type JsonObject } from './json.ts';
import type { Implementation, Manner, SignInStep } from './profile.ts';
import type { Random } from './random.ts';
import { createGrant } from './grant.ts';
import type { SentOutcome, Sent } from './tally.ts';
import { isToolError, type Reply, type Stream, type Wire } from './wire.ts';

/** One client in one conversation, as it behaves on the wire. Rejects only with what `onSent` throws. */
export interface SimulatedClient {
  /** `refused`: the handshake failed, so there is no session to send requests in. */
  state(): 'fresh' | 'open' | 'refused';
  /** The id that the server gave; undefined: none. */
  sessionId(): string | undefined;
  /** Shakes hands, and gives the answer. `as`: it uses another name, and the session is not used further. */
  open(session: 'new' | 'dead', as?: Implementation): Promise<Reply>;
  /** Sends a request. */
  ask(method: string, params?: JsonObject): Promise<Reply>;
  /** Sends a request, and gives the result if there is one. */
  request(method: string, params?: JsonObject): Promise<JsonObject | undefined>;
  /** Sends GET without a session, to the server's own path or to another. */
  knock(path?: string): Promise<void>;
  /** Takes a step of signing in; after the last one it sends its token with every request. */
  sign(step: SignInStep, resource: 'own' | 'other'): Promise<void>;
  /** The user writes again. */
  turn(): void;
  /** Leaves: closes the streams, and with `deleteSession` also deletes the session. */
  leave(options?: { deleteSession: boolean }): Promise<Reply | undefined>;
}

export interface ClientOptions {
  readonly profile: Manner;
  readonly wire: Wire;
  readonly random: Random;
  /** The value of `{user}`. */
  readonly user: string;
  /** Sent with every request; each replaces a header of the profile with the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Distinguishes a request that was cut off because the play stopped from a request that failed. */
  readonly signal: AbortSignal;
  readonly onSent: (sent: Sent) => void;
}

/** HTTP statuses of a legacy server that does not know `server/discover`. */
const LEGACY_STATUSES = new Set([400, 404, 405]);

export function createClient(options: ClientOptions): SimulatedClient {
  const { profile, wire, random, signal } = options;
  const style = createRequestStyle(profile, random, options.user, options.headers);
  let nextId = 0;
  let era: 'legacy' | 'modern' = profile.era === 'modern' ? 'modern' : 'legacy';
  let version = profile.protocolVersion;
  let state: 'fresh' | 'open' | 'refused' = 'fresh';
  let session: { id: string; used: boolean } | undefined;
  let streams: Stream[] = [];
  let throwAway = false;
  const grant = createGrant(wire);

  const headersFor = (method: string, params: JsonObject, sessionId: string | undefined) => [
    ...style.headers({ method, params, era, sessionId, version }),
    ...grant.headers(),
  ];

  const report = (
    method: string,
    params: JsonObject,
    reply: Reply,
    outcome: SentOutcome,
    mark?: Sent['session'],
  ): void => {
    options.onSent({
      method,
      target: targetOf(method, params),
      ms: reply.ms,
      status: reply.kind === 'answered' ? reply.status : undefined,
      outcome,
      sessionless: era === 'legacy' && session === undefined,
      session: mark,
    });
  };

  const post = async (method: string, given: JsonObject, sessionId: string | undefined): Promise<Reply> => {
    const _meta = style.meta(method, era);
    const params = Object.keys(_meta).length > 0 ? { ...given, _meta } : given;
    const id = method.startsWith('notifications/') ? {} : { id: nextId++ };
    return wire.post({ jsonrpc: '2.0', ...id, method, params }, headersFor(method, params, sessionId));
  };

  const closeStreams = async (): Promise<void> => {
    await Promise.all(streams.map((stream) => stream.close()));
    streams = [];
  };

  const openStream = (sessionId: string | undefined): Stream => {
    const stream = wire.stream(headersFor('GET', {}, sessionId));
    streams.push(stream);
    return stream;
  };

  /**
   * Asks whether the server is modern. Gives the answer if that decides; undefined: a legacy handshake has to follow.
   */
  const probe = async (): Promise<Reply | undefined> => {
    era = 'modern';
    const reply = await post('server/discover', {}, undefined);
    const outcome = outcomeOf(reply, signal);
    report('server/discover', {}, reply, outcome);
    const unknown = reply.kind === 'answered' && (LEGACY_STATUSES.has(reply.status) || outcome === 'rpc-error');
    if (unknown && profile.era === 'either') {
      era = 'legacy';
      return undefined;
    }
    state = outcome === 'ok' ? 'open' : 'refused';
    return reply;
  };

  const handshake = async (kind: 'new' | 'dead', clientInfo: Implementation): Promise<Reply> => {
    const { protocolVersion, capabilities } = profile;
    const params = { protocolVersion, capabilities, clientInfo };
    const reply = await post('initialize', params, kind === 'dead' ? deadSessionId(random) : undefined);
    const outcome = outcomeOf(reply, signal);
    state = outcome === 'ok' ? 'open' : 'refused';
    const newId = state === 'open' && reply.kind === 'answered' ? reply.sessionId : undefined;
    report('initialize', params, reply, outcome, newId === undefined ? undefined : 'created');
    if (state === 'refused') return reply;
    const agreed = reply.kind === 'answered' ? objectOr(reply.message?.['result'])['protocolVersion'] : undefined;
    version = textOf(agreed) ?? protocolVersion;
    if (newId !== undefined) session = { id: newId, used: false };
    const acknowledged = await post('notifications/initialized', {}, newId);
    report('notifications/initialized', {}, acknowledged, deliveryOf(acknowledged, signal));
    if (profile.opensStream && newId !== undefined) openStream(newId);
    return reply;
  };

  const client: SimulatedClient = {
    state: () => state,
    sessionId: () => session?.id,
    turn: () => style.turn(),

    async open(kind, as) {
      if (as === undefined && !throwAway && profile.leavesStreams !== true) await closeStreams();
      throwAway = as !== undefined;
      nextId = 0;
      session = undefined;
      const settled = profile.era === 'legacy' ? undefined : await probe();
      const reply = settled ?? (await handshake(kind, as ?? profile.client));
      if (as !== undefined) {
        // Its stream stays open while later sessions open theirs.
        session = undefined;
        state = 'fresh';
      }
      return reply;
    },

    async ask(method, params = {}) {
      const reply = await post(method, params, session?.id);
      const outcome = outcomeOf(reply, signal);
      const firstCall = method === 'tools/call' && session?.used === false;
      if (firstCall && session !== undefined) session.used = true;
      report(method, params, reply, outcome, firstCall ? 'first-call' : undefined);
      if (session !== undefined && reply.kind === 'answered' && reply.status === 404) {
        // "MUST start a new session" (Streamable HTTP, session management): the next step `open` does.
        session = undefined;
        state = 'refused';
      }
      return reply;
    },

    async request(method, params) {
      const reply = await client.ask(method, params);
      const message = reply.kind === 'answered' ? reply.message : undefined;
      return message !== undefined && 'result' in message ? objectOr(message['result']) : undefined;
    },

    async knock(path) {
      if (path !== undefined) {
        await wire.get(headersFor('GET', {}, undefined), path);
        return;
      }
      const stream = wire.stream(headersFor('GET', {}, undefined));
      await stream.opened;
      await stream.close();
    },

    sign: (step, resource) => grant.take(step, resource, profile.headers),

    async leave({ deleteSession } = { deleteSession: false }) {
      await closeStreams();
      if (!deleteSession || session === undefined) return undefined;
      const reply = await wire.delete(headersFor('DELETE', {}, session.id));
      report('DELETE', {}, reply, deliveryOf(reply, signal));
      session = undefined;
      return reply;
    },
  };
  return client;
}

/** How a request ended. */
function outcomeOf(reply: Reply, signal: AbortSignal): SentOutcome {
  const delivered = deliveryOf(reply, signal);
  if (delivered !== 'ok' || reply.kind !== 'answered') return delivered;
  if (reply.message === undefined) return signal.aborted ? 'cut' : 'no-answer';
  if (!('result' in reply.message)) return 'rpc-error';
  return isToolError(reply.message) ? 'tool-error' : 'ok';
}

/** How a message that gets no JSON-RPC answer ended. */
function deliveryOf(reply: Reply, signal: AbortSignal): SentOutcome {
  if (reply.kind === 'unreachable') return signal.aborted ? 'cut' : 'unreachable';
  return reply.status >= 400 ? 'refused' : 'ok';
}

function deadSessionId(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
}
