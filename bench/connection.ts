import { connect, type Socket } from 'node:net';
import { AnswerReader, type Expected } from './answers.ts';
import { expectedOf, FIRST_ID, ID_DIGITS, requestFor, SESSION_BYTES, type Kind, type Template } from './traffic.ts';

interface Step {
  kind: Kind;
  request: Template;
  expected: Expected & { idAt: number };
}

const RECEIVE_BYTES = 65_536;
const MAX_ID = 899_999_999;

let lastId = 0;

/** One client's keep-alive connection: sends its requests one at a time and checks every byte that comes back. */
export class Connection {
  /** When the last request was sent, by `performance.now`. */
  sentAt = 0;
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  readonly #steps = new Map<Kind, Step>();
  readonly #host: string;
  readonly #cycle: readonly Kind[];
  readonly #onFailed: (error: Error) => void;
  #onAnswered: (connection: Connection) => void = () => undefined;
  #next = 0;
  #closing = false;

  constructor(port: number, cycle: readonly Kind[], onFailed: (error: Error) => void) {
    this.#host = `127.0.0.1:${port}`;
    this.#cycle = cycle;
    this.#onFailed = onFailed;
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          this.#received(bytes === buffer.length ? buffer : buffer.subarray(0, bytes));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => {
      if (!this.#closing) this.#fail(new Error('the connection was closed'));
    });
  }

  /** Sends the next request of the cycle; `onAnswered` is called when its answer is complete and right. */
  send(onAnswered: (connection: Connection) => void): void {
    const kind = this.#cycle[this.#next];
    this.#next = (this.#next + 1) % this.#cycle.length;
    if (kind !== undefined) this.#send(kind, onAnswered);
  }

  /** Sends these requests one after the other. Rejects at a wrong answer. */
  async say(kinds: readonly Kind[]): Promise<void> {
    for (const kind of kinds) await new Promise<void>((resolve) => this.#send(kind, () => resolve()));
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #send(kind: Kind, onAnswered: (connection: Connection) => void): void {
    const { request, expected } = this.#step(kind);
    this.#onAnswered = onAnswered;
    if (request.idAt >= 0) {
      const id = String(FIRST_ID + (++lastId % MAX_ID));
      request.bytes.write(id, request.idAt, ID_DIGITS, 'latin1');
      expected.body.write(id, expected.idAt, ID_DIGITS, 'latin1');
    }
    this.#reader.expect(expected);
    this.sentAt = performance.now();
    this.#socket.write(request.bytes);
  }

  /** Copies requests and answers for this connection, since their ids are written into them. */
  #step(kind: Kind): Step {
    const existing = this.#steps.get(kind);
    if (existing !== undefined) return existing;
    const step = { kind, request: requestFor(kind, this.#host), expected: expectedOf(kind) };
    this.#steps.set(kind, step);
    this.#enter(step, this.#reader.sessionId);
    return step;
  }

  /** From now on all requests use the session that `initialize` gave. */
  #enter({ request }: Step, sessionId: string | undefined): void {
    if (sessionId === undefined || request.sessionAt < 0) return;
    request.bytes.write(sessionId, request.sessionAt, SESSION_BYTES, 'latin1');
  }

  #received(bytes: Buffer): void {
    try {
      if (!this.#reader.push(bytes)) return;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const { sessionId } = this.#reader;
    if (sessionId !== undefined) for (const step of this.#steps.values()) this.#enter(step, sessionId);
    this.#onAnswered(this);
  }

  #fail(error: Error): void {
    this.close();
    this.#onFailed(error);
  }
}
