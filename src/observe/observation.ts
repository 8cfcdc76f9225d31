import type { CloseReason, Direction, SpanChoice } from '../transport/wire/wire-event.ts';
import type { AnswerFacts, RequestFacts } from './facts.ts';
import type { Message } from './message.ts';

/** One HTTP request with its response, as far as it has come. Times: ms since the epoch on the relay's clock. */
export interface Exchange {
  /** A small number, unique among open exchanges, used again after. */
  readonly slot: number;
  readonly openedAt: number;
  readonly request: RequestFacts;
  requestedAt: number;
  sentAt: number;
  requestBytes: number;
  span: SpanChoice | undefined;
  answer: AnswerFacts | undefined;
  answeredAt: number;
  /** When the first byte of the answer's body came; 0: none has. */
  firstByteAt: number;
  answerBytes: number;
  /** A JSON-RPC message was seen on it. */
  spokeMcp: boolean;
  /** Copies were dropped: what was seen of it is not all. */
  incomplete: boolean;
  /** An event with an id was seen: the stream can be resumed on another connection. */
  resumable: boolean;
  /** The URI that a 2024-11-05 event stream gave out, for its client to send its requests to. */
  endpoint: string | undefined;
  /** The session of 2024-11-05 that it belongs to: its stream's, or that of the endpoint a request was sent to. */
  endpointSessionId: string | undefined;
}

/** Odd traffic and gaps in what we see of it: never rejected, counted by these names. */
export type Anomaly =
  | 'not-json'
  | 'not-jsonrpc'
  | 'too-large'
  | 'undecodable'
  | 'unmatched-response'
  | 'reused-id'
  | 'header-mismatch'
  | 'request-trailers'
  | 'endpoint-elsewhere'
  | 'unknown-exchange';

/** What was observed, in the order in which it happened within an exchange. */
export type Observation =
  | { kind: 'requested'; exchange: Exchange; at: number }
  | {
      kind: 'message';
      exchange: Exchange;
      at: number;
      direction: Direction;
      message: Message;
      /** Its size on the wire, decoded, in bytes. */
      bytes: number;
      /** The message's own text; valid only during the call. */
      text: Uint8Array;
      /** The id of the event that carried it, if it came in an event stream and had one. */
      eventId: string | undefined;
      /** It came alone, not as an element of a batch. */
      single: boolean;
      /** It is the first of its body, or of its event. */
      first: boolean;
    }
  | { kind: 'answered'; exchange: Exchange; at: number }
  /** A 2024-11-05 stream has named its session. */
  | { kind: 'endpoint'; exchange: Exchange; at: number }
  | { kind: 'closed'; exchange: Exchange; at: number; reason: CloseReason }
  | { kind: 'anomaly'; exchange: Exchange | undefined; at: number; what: Anomaly };

export type Observe = (observation: Observation) => void;
