import { connect, type Socket } from 'node:net';
import { AnswerReader, type Expected } from './answers.ts';
import type { Shape } from './shapes.ts';
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
  readonly #port: number;
  readonly #fresh: boolean;
  readonly #receive = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  #socket: Socket;
  readonly #reader = new AnswerReader();
  readonly #steps = new Map<Kind, Step>();
  readonly #host: string;
  readonly #cycle: readonly Kind[];
  readonly #onFailed: (error: Error) => void;
  #onAnswered: (connection: Connection) => void = () => undefined;
  #next = 0;
  #used = false;

  /** @param fresh each cycle goes over a new connection */
  constructor(port: number, { cycle, fresh }: Pick<Shape, 'cycle' | 'fresh'>, onFailed: (error: Error) => void) {
    this.#port = port;
    this.#host = `127.0.0.1:${port}`;
    this.#cycle = cycle;
    this.#fresh = fresh === true;
    this.#onFailed = onFailed;
    this.#socket = this.#open();
  }

  /** Sends the next request of the cycle; `onAnswered` is called when its answer is complete and right. */
  send(onAnswered: (connection: Connection) => void): void {
    const kind = this.#cycle[this.#next];
    if (this.#fresh && this.#next === 0 && this.#used) {
      this.close();
      this.#socket = this.#open();
    }
    this.#used = true;
    this.#next = (this.#next + 1) % this.#cycle.length;
    if (kind !== undefined) this.#send(kind, onAnswered);
  }

  /** Sends these requests one after the other. Rejects at a wrong answer. */
  async say(kinds: readonly Kind[]): Promise<void> {
    for (const kind of kinds) await new Promise<void>((resolve) => this.#send(kind, () => resolve()));
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #open(): Socket {
    const buffer = this.#receive;
    const socket = connect({
      host: '127.0.0.1',
      port: this.#port,
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          this.#received(bytes === buffer.length ? buffer : buffer.subarray(0, bytes));
          return true;
        },
      },
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    return socket;
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
