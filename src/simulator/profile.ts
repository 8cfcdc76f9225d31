import type { JsonObject } from './json.ts';

/** The revision without sessions. */
export const modernVersion = '2026-07-28';

export interface Implementation {
  readonly name: string;
  readonly version: string;
}

/** What a client does at `at` seconds after its conversation began; `speed` compresses these seconds later. */
export type Step =
  /**
   * The handshake, which opens a session; `dead` sends along the id of a session that is long gone. `as` gives another
   * client name for this handshake only; no later step uses its session.
   */
  | { readonly at: number; readonly does: 'open'; readonly session: 'new' | 'dead'; readonly as?: Implementation }
  /** Closes the session's stream, and deletes the session if the profile has `deletesSession`. */
  | { readonly at: number; readonly does: 'close' }
  /** The user writes again: `{turn}` changes. */
  | { readonly at: number; readonly does: 'turn' }
  | { readonly at: number; readonly does: 'discover' }
  | { readonly at: number; readonly does: 'ping' }
  | { readonly at: number; readonly does: 'list'; readonly what: 'tools' | 'resources' }
  /** Reads one of the resources that were listed before. */
  | { readonly at: number; readonly does: 'read' }
  | { readonly at: number; readonly does: 'call'; readonly tool: string }
  /** Sends GET without a session, to the server's own path or to another. */
  | { readonly at: number; readonly does: 'knock'; readonly path?: string }
  /** Takes a step of signing in. `other`: it asks for a token for another resource, which the server does not take. */
  | { readonly at: number; readonly does: 'sign'; readonly what: SignInStep; readonly resource: 'own' | 'other' }
  /** Asks for a method or a tool that no server has. */
  | { readonly at: number; readonly does: 'scan'; readonly method: string; readonly tool?: string };

export type SignInStep = 'resource-metadata' | 'server-metadata' | 'registration' | 'authorize' | 'token';

/**
 * The source of each field: a public thread or log, or `assumed: …` where none was found. The source of `steps` vouches
 * for their kinds and their order; the seconds between them are our choice.
 */
export type Evidence = Readonly<
  Record<'client' | 'protocolVersion' | 'headers' | 'callMeta' | 'opensStream' | 'deletesSession' | 'steps', string>
>;

/**
 * How one kind of client looks on the wire. Strings in `headers` and `callMeta` may contain blanks, which are filled
 * with seeded hex: `{conversation}` is new in each conversation, `{user}` is constant, `{turn}` is new after each
 * `turn` step, and `{noise}` is new each time.
 */
export interface Manner {
  readonly name: string;
  readonly client: Implementation;
  /** `either` asks with `server/discover` first; if that is refused, it shakes hands as legacy clients do. */
  readonly era: 'legacy' | 'modern' | 'either';
  /** The version in its legacy handshake, or the only version that a modern client speaks. */
  readonly protocolVersion: string;
  /** Whether a legacy client sends `MCP-Protocol-Version` after its handshake. From 2025-06-18 on it must. */
  readonly sendsVersionHeader: boolean;
  /** Sends `Mcp-Method` and `Mcp-Name` with legacy requests too. */
  readonly mirrors?: true;
  readonly capabilities: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** `_meta` of each `tools/call`. */
  readonly callMeta: JsonObject;
  /** Keeps a GET stream open for as long as the session lasts. */
  readonly opensStream: boolean;
  /** It plays where one has to sign in. */
  readonly signsIn?: true;
  /** Leaves its stream open when it opens another session. */
  readonly leavesStreams?: true;
}

/** What one kind of client does in a conversation. `scan` steps may contain `{noise}`. */
export interface Profile extends Manner {
  /** One sentence for a reader of the table. */
  readonly behaviour: string;
  readonly evidence: Evidence;
  /** Sends DELETE when it has finished with a session. */
  readonly deletesSession: boolean;
  readonly steps: readonly Step[];
}
