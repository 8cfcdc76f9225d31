import type { JsonObject } from './json.ts';

/** What a client does at `at` seconds (not yet compressed) after its conversation began. */
export type Step =
  /** `initialize` and `notifications/initialized` in a new session; `dead` sends the id of one long gone along. */
  | { readonly at: number; readonly does: 'open'; readonly session: 'new' | 'dead' }
  | { readonly at: number; readonly does: 'discover' }
  | { readonly at: number; readonly does: 'list'; readonly what: 'tools' | 'resources' }
  /** Reads one of the resources listed before. */
  | { readonly at: number; readonly does: 'read' }
  | { readonly at: number; readonly does: 'call'; readonly tool: string }
  /** A method, or a tool, that no server has. */
  | { readonly at: number; readonly does: 'scan'; readonly method: string; readonly tool?: string };

/**
 * How one kind of client behaves on the wire. Strings in `headers`, `callMeta` and `scan` steps may hold
 * `{conversation}`, `{user}` and `{noise}`: seeded hex that is new per conversation, constant, and new per step.
 */
export interface Profile {
  readonly name: string;
  /** One sentence for a reader of the table. */
  readonly behaviour: string;
  /** Where the behaviour was seen. */
  readonly evidence: readonly string[];
  readonly client: { readonly name: string; readonly version: string };
  readonly era: 'legacy' | 'modern';
  readonly protocolVersion: string;
  /** Whether a legacy client sends `MCP-Protocol-Version` after its handshake, as it must from 2025-06-18 on. */
  readonly sendsVersionHeader: boolean;
  readonly capabilities: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** `_meta` of each `tools/call`. */
  readonly callMeta: JsonObject;
  /** Keeps a GET stream open as long as the session lasts. */
  readonly opensStream: boolean;
  readonly steps: readonly Step[];
}
