/** The sums of several operations: of a session, or of a part of one. */
export interface Totals {
  operations: number;
  /** A call of several rounds counts once. */
  toolCalls: number;
  /** Operations that failed, and operations that were rejected (`Counted`), in both directions. */
  failed: number;
  rejected: number;
  /** Handshakes, including failed ones. A refused probe is not one. */
  handshakes: number;
  handshakeSeconds: number;
  discoveries: number;
}

export const noTotals = (): Totals => ({
  operations: 0,
  toolCalls: 0,
  failed: 0,
  rejected: 0,
  handshakes: 0,
  handshakeSeconds: 0,
  discoveries: 0,
});
