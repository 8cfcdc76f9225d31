import type { CloseReason, Direction, SpanChoice } from '../transport/wire/wire-event.ts';
import type { AnswerFacts, RequestFacts } from './facts.ts';
import type { Message } from './message.ts';

/** One HTTP request and what has arrived of its response. Times: milliseconds since the epoch on the relay's clock. */
export interface Exchange {
  /** A small number, unique among open exchanges; it is used again later. */
  readonly slot: number;
  readonly openedAt: number;
  readonly request: RequestFacts;
  requestedAt: number;
  sentAt: number;
  requestBytes: number;
  span: SpanChoice | undefined;
  answer: AnswerFacts | undefined;
  answeredAt: number;
  /** When the first byte of the answer's body came; 0: no byte has come. */
  firstByteAt: number;
  answerBytes: number;
  /** A JSON-RPC message was seen on it. */
  spokeMcp: boolean;
  /** Copies were dropped, so not all of it was seen. */
  incomplete: boolean;
  /** An event with an id was seen: the stream can be resumed on another connection. */
  resumable: boolean;
  /** The URI that a 2024-11-05 event stream gave out, for its client to send its requests to. */
  endpoint: string | undefined;
  /** The session of 2024-11-05 that it belongs to: its stream's, or that of the endpoint a request was sent to. */
  endpointSessionId: string | undefined;
  /**
   * The access token that a token endpoint gave out, or the client id of a registration. As a credential, it goes no further
   * than its hash.
   */
  issued: string | undefined;
}

/** Odd traffic, and gaps in our copy of it. It is never rejected, and counted by these names. */
export type Anomaly =
  | 'not-json'
  | 'not-jsonrpc'
  | 'too-large'
  | 'undecodable'
  | 'unmatched-response'
  | 'reused-id'
  | 'header-mismatch'
  | 'endpoint-elsewhere'
  | 'unknown-exchange'
  | 'journey-dropped';

/** One thing that was observed. Those of one exchange come in the order in which they happened. */
export type Observation =
  | { kind: 'requested'; exchange: Exchange; at: number }
  | {
      kind: 'message';
      exchange: Exchange;
      at: number;
      direction: Direction;
      message: Message;
      /** Its size in bytes, after content codings are undone. */
      bytes: number;
      /** The text of this message alone; valid only during the call. */
      text: Uint8Array;
      /** The id of the event that carried it, if it came in an event stream and the event had an id. */
      eventId: string | undefined;
      /** It came alone, not as an element of a batch. */
      single: boolean;
      /** It is the first message of its body, or of its event. */
      first: boolean;
    }
  | { kind: 'answered'; exchange: Exchange; at: number }
  /** A 2024-11-05 stream has named its session. */
  | { kind: 'endpoint'; exchange: Exchange; at: number }
  | { kind: 'closed'; exchange: Exchange; at: number; reason: CloseReason }
  /** mcpspan answered a request itself. `text`: why, for people; `''`: the upstream is out of reach. */
  | { kind: 'refused'; exchange: undefined; at: number; status: number; text: string }
  | { kind: 'anomaly'; exchange: Exchange | undefined; at: number; what: Anomaly };

export type Observe = (observation: Observation) => void;
