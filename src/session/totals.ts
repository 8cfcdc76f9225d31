/** Figures of a session, of a stretch of it, or of whatever else operations add up to. */
export interface Totals {
  operations: number;
  toolCalls: number;
  toolErrors: number;
  errors: number;
  /** Handshakes of any kind, failed ones included. */
  handshakes: number;
  handshakeSeconds: number;
  discoveries: number;
}

export const noTotals = (): Totals => ({
  operations: 0,
  toolCalls: 0,
  toolErrors: 0,
  errors: 0,
  handshakes: 0,
  handshakeSeconds: 0,
  discoveries: 0,
});
