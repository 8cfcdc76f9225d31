import type { JsonObject } from './json.ts';

/** The revision without sessions. */
export const modernVersion = '2026-07-28';

export interface Implementation {
  readonly name: string;
  readonly version: string;
}

/** What a client does at `at` seconds (not yet compressed) after its conversation began. */
export type Step =
  /**
   * The handshake, in a new session; `dead` sends the id of one long gone along. `as` is another name for this once,
   * in a session that no later step uses.
   */
  | { readonly at: number; readonly does: 'open'; readonly session: 'new' | 'dead'; readonly as?: Implementation }
  /** Ends the session: its stream, and with `deletesSession` the session itself. */
  | { readonly at: number; readonly does: 'close' }
  /** The user writes again: `{turn}` changes. */
  | { readonly at: number; readonly does: 'turn' }
  | { readonly at: number; readonly does: 'discover' }
  | { readonly at: number; readonly does: 'ping' }
  | { readonly at: number; readonly does: 'list'; readonly what: 'tools' | 'resources' }
  /** Reads one of the resources listed before. */
  | { readonly at: number; readonly does: 'read' }
  | { readonly at: number; readonly does: 'call'; readonly tool: string }
  /** GET without a session, at the server's own path or at another. */
  | { readonly at: number; readonly does: 'knock'; readonly path?: string }
  /** A method, or a tool, that no server has. */
  | { readonly at: number; readonly does: 'scan'; readonly method: string; readonly tool?: string };

/**
 * Where each field was seen: a public thread or log, or `assumed: …` where none was found. What it says of `steps`
 * holds for their kinds and their order; the seconds between them are chosen.
 */
export type Evidence = Readonly<
  Record<'client' | 'protocolVersion' | 'headers' | 'callMeta' | 'opensStream' | 'deletesSession' | 'steps', string>
>;

/**
 * How one kind of client looks on the wire. Strings in `headers` and `callMeta` may hold `{conversation}`, `{user}`,
 * `{turn}` and `{noise}`: seeded hex that is new per conversation, constant, new per `turn` step, and new each time.
 */
export interface Manner {
  readonly name: string;
  readonly client: Implementation;
  /** `either` asks with `server/discover` first, and shakes hands as legacy clients do where that is refused. */
  readonly era: 'legacy' | 'modern' | 'either';
  /** Of its legacy handshake; a modern client's only one. */
  readonly protocolVersion: string;
  /** Whether a legacy client sends `MCP-Protocol-Version` after its handshake, as it must from 2025-06-18 on. */
  readonly sendsVersionHeader: boolean;
  /** Sends `Mcp-Method` and `Mcp-Name` with legacy requests too. */
  readonly mirrors?: true;
  readonly capabilities: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** `_meta` of each `tools/call`. */
  readonly callMeta: JsonObject;
  /** Keeps a GET stream open as long as the session lasts. */
  readonly opensStream: boolean;
  /** And leaves it open when it opens another session. */
  readonly leavesStreams?: true;
}

/** What one kind of client does in a conversation. `scan` steps may hold `{noise}`. */
export interface Profile extends Manner {
  /** One sentence for a reader of the table. */
  readonly behaviour: string;
  readonly evidence: Evidence;
  /** Sends DELETE when it is done with a session. */
  readonly deletesSession: boolean;
  readonly steps: readonly Step[];
}
