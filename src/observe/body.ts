import { openDecoder, type Decoder } from './content.ts';
import { asBuffer, copyInto } from '../transport/wire/copy.ts';
import { EventStreamParser } from './event-stream.ts';
import type { Anomaly } from './observation.ts';
import { readMessages, type RawMessage } from './skim.ts';
import type { TextPool } from './text-pool.ts';

export interface BodySink {
  messages(messages: readonly RawMessage[], eventId: string | undefined): void;
  anomaly(what: Anomaly): void;
  /** An event had an id, so the stream can be resumed. */
  resumable(): void;
  /** The first event of a 2024-11-05 stream names the URI to which its client sends messages. */
  endpoint(uri: string): void;
  /** Everything that was pushed has been read. Called once, during `end` or when a decoder has finished. */
  done(): void;
}

/** The most messages that are read from one batch. */
const MAX_MESSAGES = 1_000;

/** Finds the messages in one body: a JSON text, or an event stream of them. */
export class Body {
  readonly #sink: BodySink;
  /** Undefined: the body has no content coding. */
  readonly #decoder: Decoder | undefined;
  readonly #stream: EventStreamParser | undefined;
  readonly #maxBytes: number;
  readonly #pool: TextPool;
  #collected: Buffer | undefined;
  #size = 0;
  #failed = false;
  #ended = false;
  #whole = true;

  constructor(options: {
    streaming: boolean;
    encoding: string | undefined;
    maxBytes: number;
    pool: TextPool;
    sink: BodySink;
  }) {
    const { streaming, encoding, maxBytes, pool, sink } = options;
    this.#pool = pool;
    this.#sink = sink;
    this.#maxBytes = maxBytes;
    this.#stream = streaming
      ? new EventStreamParser({
          maxEventBytes: maxBytes,
          pool,
          onEvent: ({ type, id, data }) => {
            if (type === 'endpoint') {
              sink.endpoint(Buffer.from(data).toString('utf8'));
              return;
            }
            if (id !== undefined) sink.resumable();
            if (data.length > 0) this.#read(data, id);
          },
          onOversize: () => sink.anomaly('too-large'),
        })
      : undefined;
    if (encoding === undefined) return;
    this.#decoder = openDecoder(
      encoding,
      {
        data: (chunk) => this.#decoded(chunk),
        end: () => sink.done(),
        failed: (reason) => {
          this.#failed = true;
          sink.anomaly(reason === 'too-large' ? 'too-large' : 'undecodable');
          if (this.#ended) sink.done();
        },
      },
      streaming ? Number.POSITIVE_INFINITY : maxBytes,
    );
  }

  push(chunk: Uint8Array): void {
    if (this.#decoder === undefined) this.#decoded(chunk);
    else this.#decoder.push(chunk);
  }

  /** @param whole every byte of the body was seen; a text with a gap is not read. */
  end(whole: boolean): void {
    this.#ended = true;
    if (!whole) this.#whole = false;
    if (this.#decoder === undefined || this.#failed) this.#sink.done();
    else this.#decoder.end();
  }

  /** Reads the messages in the collected text. To be called after `done`. */
  finish(): void {
    const text = this.#collected;
    try {
      if (text !== undefined && !this.#failed && this.#whole) this.#read(text.subarray(0, this.#size), undefined);
    } finally {
      this.#giveBack();
    }
  }

  /** Frees the memory, whether or not everything was read. */
  close(): void {
    this.#decoder?.close();
    this.#giveBack();
  }

  #decoded(chunk: Uint8Array): void {
    if (this.#stream !== undefined) {
      this.#stream.push(chunk);
      return;
    }
    const size = this.#size + chunk.length;
    if (size <= this.#maxBytes) this.#collect(chunk, size);
    else if (this.#whole) {
      this.#whole = false;
      this.#giveBack();
      this.#sink.anomaly('too-large');
    }
    this.#size = size;
  }

  #collect(chunk: Uint8Array, size: number): void {
    if (chunk.length === 0) return;
    let text = this.#collected;
    if (text === undefined || size > text.length) {
      const larger = this.#pool.take(size);
      if (text !== undefined) {
        text.copy(larger, 0, 0, this.#size);
        this.#pool.give(text);
      }
      text = larger;
      this.#collected = larger;
    }
    copyInto(text, this.#size, asBuffer(chunk));
  }

  #giveBack(): void {
    this.#stream?.end();
    if (this.#collected !== undefined) this.#pool.give(this.#collected);
    this.#collected = undefined;
  }

  #read(text: Uint8Array, eventId: string | undefined): void {
    const messages = readMessages(text);
    if (messages === undefined) this.#sink.anomaly('not-json');
    else if (messages.length <= MAX_MESSAGES) this.#sink.messages(messages, eventId);
    else {
      this.#sink.anomaly('too-large');
      this.#sink.messages(messages.slice(0, MAX_MESSAGES), eventId);
    }
  }
}
