/** What is read of a line of `mcpspan sessions --json`. */
export interface SessionRow {
  readonly kind: string;
  readonly source: string;
  readonly era: string;
  readonly clientName?: string;
  readonly serverName?: string;
  readonly protocolVersion?: string;
  readonly toolCalls: number;
  readonly failed: number;
  readonly rejected: number;
  readonly handshakes: number;
  readonly endReason?: string;
}

/** What is read of a line of `mcpspan clients --json`. */
export interface ClientRow {
  readonly client: string;
  readonly sessions: number;
  readonly activities: number;
  readonly toolCalls: number;
  readonly failed: number;
  readonly rejected: number;
  readonly handshakes: number;
  readonly verdict: string;
}
