/** Figures of a session, of a stretch of it, or of whatever else operations add up to. */
export interface Totals {
  operations: number;
  /** Calls of several rounds count once. */
  toolCalls: number;
  /** Operations that failed, and operations that were rejected (`Counted`), in both directions. */
  failed: number;
  rejected: number;
  /** Handshakes, failed ones included; a probe that was refused is none. */
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
