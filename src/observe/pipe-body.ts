import type { BodySink } from './body.ts';
import { Lines } from './lines.ts';
import { readMessages } from './skim.ts';
import { textPool } from './text-pool.ts';

/** One direction of a wrapped process: each line is a message, and there is no end. */
export class PipeBody {
  readonly #lines: Lines;
  readonly #sink: BodySink;

  constructor(maxBytes: number, sink: BodySink) {
    this.#sink = sink;
    this.#lines = new Lines({
      maxBytes,
      pool: textPool,
      onLine: (line) => {
        const messages = readMessages(line);
        if (messages === undefined) sink.anomaly('not-json');
        else sink.messages(messages, undefined);
      },
      onOversize: () => sink.anomaly('too-large'),
    });
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#sink.done();
  }

  finish(): void {
    this.#lines.end();
  }

  close(): void {
    this.#lines.close();
  }
}
