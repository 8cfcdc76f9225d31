import type { UpstreamFault } from '../upstream-fault.ts';

/** Which way bytes or a message travel. */
export type Direction = 'to-server' | 'to-client';

/** Why an exchange ended. `cut-off`: mcpspan went down, and waited for it no longer. */
export type CloseReason =
  | 'complete'
  | 'client-left'
  | 'upstream-failed'
  | 'upstream-unreachable'
  | 'timeout'
  | 'cut-off';

/** Nobody waits for the answer any more. */
export const isLeft = (reason: CloseReason): boolean => reason === 'client-left' || reason === 'cut-off';

/**
 * What a relay thread decided about the span of a request before it sent the request on. Ids are lower-case hex (W3C
 * Trace Context). There is a `session` when the request names its session in a header.
 */
export interface SpanChoice {
  spanId: string;
  /** Our span was named to the upstream in a `traceparent` header. */
  propagated: boolean;
  session: { traceId: string; rootSpanId: string; segment: number } | undefined;
}

/** What carries an exchange: an HTTP request with its response, or the whole conversation with a wrapped process. */
export type Carrier =
  | {
      kind: 'http';
      method: string;
      target: string;
      httpVersion: string;
      /** Name, value, name, value, as received. */
      headers: readonly string[];
      /** Stands for the client's address: a hash with a key of this process. Absent: unknown. */
      peer?: number;
      /** It is known from a span that says nothing of a session: there may be one. */
      sessionUntold?: boolean;
    }
  | { kind: 'stdio'; program: string };

/**
 * What an exchange (one HTTP request with its response) did: the only thing the transport says to the rest of the
 * program. `exchange` is a small number that is used again when the exchange has closed. `at` is in milliseconds since
 * the epoch, on the relay's monotonic clock. `bytes` in a `bytes` event are a view that is valid only until the handler
 * returns: keep a copy, not the view.
 */
export type WireEvent =
  | {
      kind: 'opened';
      exchange: number;
      at: number;
      /** Which of the servers behind the relay it is for; absent: the first. */
      server?: number;
      carrier: Carrier;
    }
  | { kind: 'bytes'; exchange: number; at: number; direction: Direction; bytes: Uint8Array }
  /** The request is complete (`at`); it went on to the upstream at `sentAt`. */
  | {
      kind: 'requested';
      exchange: number;
      at: number;
      sentAt: number;
      size: number;
      span: SpanChoice | undefined;
    }
  | { kind: 'answered'; exchange: number; at: number; status: number; headers: readonly string[] }
  /** `size`: bytes of the answer's body, as sent on. `fault`: why no TLS connection could be opened. */
  | { kind: 'closed'; exchange: number; at: number; reason: CloseReason; size: number; fault?: UpstreamFault }
  /**
   * All that is told of a request that mcpspan answered itself: it must not go on, or the upstream is out of reach.
   * `text`: why, for people; `''`: the upstream is out of reach. `server`: absent if it is not known.
   */
  | { kind: 'refused'; exchange: number; at: number; server?: number; status: number; text: string };

export type Tap = (event: WireEvent) => void;
