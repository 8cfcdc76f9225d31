import { OpenServers } from '../observer/open-servers.ts';
import type { SharedByServers } from '../observer/open-server.ts';
import type { ServerSettings } from '../settings/server-config.ts';
import { Slots } from '../transport/wire/slots.ts';
import type { Tap } from '../transport/wire/wire-event.ts';
import { createDispatch } from '../observer/dispatch.ts';
import { CONVERSATION_HEADER, playSpan } from './play-span.ts';
import type { SpanOperation } from './mcp-span.ts';
import { RecentKeys } from './recent-keys.ts';
import type { Call } from './same-call.ts';
import { UnnamedHandshakes } from './unnamed-handshakes.ts';

export interface CollectedServersOptions {
  shared: SharedByServers;
  settings: ServerSettings;
  /** What a server is called that no span names. */
  unnamed: string;
  /** Where spans are received. */
  address: string;
  onFault(error: unknown): void;
  /** The name of a server became `_OTHER`. */
  onFolded(): void;
}

/** Further servers are one. A sender chooses the names. */
const MAX_SERVERS = 200;
const OTHER_SERVER = '_OTHER';
const MAX_SESSIONS = 200_000;

/** The servers that spans tell of, each with its sessions. They are opened as they are first met. */
export class CollectedServers {
  readonly #options: CollectedServersOptions;
  readonly #servers: OpenServers;
  readonly #indexes = new Map<string, number>();
  readonly #slots = new Slots();
  /** Sessions that were seen, with their servers. */
  readonly #sessions = new RecentKeys<true>(MAX_SESSIONS);
  readonly #handshakes = new UnnamedHandshakes();
  readonly #tap: Tap;

  constructor(options: CollectedServersOptions) {
    this.#options = options;
    const servers = new OpenServers(options.shared);
    this.#servers = servers;
    this.#tap = createDispatch(0, {
      serverOf: (index) => servers.of(index),
      onFault: (server, error) => {
        server.noteFault();
        options.onFault(error);
      },
    });
  }

  /** @param at when it is taken, in milliseconds since the epoch */
  take(call: Call, at: number): void {
    const { operation } = call;
    const name = operation.serverName ?? this.#options.unnamed;
    if (isUnnamedHandshake(operation)) {
      for (const crowdedOut of this.#handshakes.keep(name, call, at)) this.#play(crowdedOut);
      return;
    }
    const { sessionId, tellsHandshakes, method } = operation;
    if (sessionId !== undefined) {
      const key = `${name}\0${sessionId}`;
      const isNew = this.#sessions.get(key) === undefined;
      this.#sessions.set(key, true);
      if (isNew && method !== 'initialize') {
        const opened = this.#handshakes.takeFor(name, call);
        if (opened !== undefined) this.#play({ ...opened, operation: { ...opened.operation, sessionId } });
        else if (!tellsHandshakes) this.#play(handshakeOf(call));
      }
    }
    this.#play(call);
  }

  sweep(at: number): void {
    for (const call of this.#handshakes.due(at)) this.#play(call);
    this.#servers.sweep(at, at);
  }

  close(at: number): void {
    for (const call of this.#handshakes.due(Infinity)) this.#play(call);
    this.#servers.close(at);
  }

  #play({ operation, chosen: { span } }: Call): void {
    const server = this.#indexOf(operation.serverName ?? this.#options.unnamed);
    playSpan(operation, span, { tap: this.#tap, slots: this.#slots, server });
  }

  #indexOf(wanted: string): number {
    const isNew = !this.#indexes.has(wanted);
    const name = isNew && this.#indexes.size >= MAX_SERVERS ? OTHER_SERVER : wanted;
    if (name !== wanted) this.#options.onFolded();
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = this.#indexes.size;
    this.#indexes.set(name, index);
    const { settings, address } = this.#options;
    this.#servers.open([{ index, name, place: { kind: 'spans', address }, settings }]);
    return index;
  }
}

/** A server over stdio has no session ids, and no handshake that failed opened a session. */
const isUnnamedHandshake = ({ method, sessionId, transport, failed, cancelled }: SpanOperation): boolean =>
  method === 'initialize' &&
  sessionId === undefined &&
  transport !== 'stdio' &&
  failed === undefined &&
  cancelled !== true;

/** Some emitters make no span of a handshake. Where a session is new, there was one, and nobody knows how long it took. */
function handshakeOf({ operation, chosen, spans }: Call): Call {
  const { target: _target, uri: _uri, failed: _failed, ...rest } = operation;
  const span = { ...chosen.span, endedAt: chosen.span.startedAt };
  return { operation: { ...rest, method: 'initialize' }, chosen: { ...chosen, span }, spans };
}

/** What decides in traffic alone has its default; spans name their conversations and nobody's credentials. */
export const collectedSettings = (settings: ServerSettings): ServerSettings => ({
  ...settings,
  group: ['conversation'],
  'conversation-key': [`header:${CONVERSATION_HEADER}`],
  // An operation is in the trace in which its span was made, and its session links to it.
  'trace-parent': 'meta',
  'server-spans': 'off',
  spans: 'server',
  capture: [],
});
