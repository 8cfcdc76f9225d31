import type { Socket } from 'node:net';
import { LingeringClose } from './lingering-close.ts';
import { resetConnection } from './listener.ts';
import type { RelayContext } from './relay-context.ts';
import type { RequestHandler } from './request-handler.ts';
import { RequestReader } from './request-reader.ts';

/** Who is told of what happens to a client's connection. */
export interface ClientHandler extends RequestHandler {
  /** Returns whether the upstream takes more now. */
  toUpstream(bytes: Buffer): boolean;
  /** The client takes more now. */
  onClientDrain(): void;
  /** The client sends nothing more. */
  onClientEnd(): void;
  /** The connection is gone. */
  onClientGone(): void;
}

/** The connection of a client. */
export class ClientSide {
  readonly requests: RequestReader;
  readonly #socket: Socket;
  readonly #handler: ClientHandler;
  #tunnels = false;
  /** What is not read yet. The socket is paused, so there is little of it. */
  #rest: Buffer | undefined;
  /** It has ended after what is not read yet. */
  #ended = false;
  #linger: LingeringClose | undefined;

  constructor(context: RelayContext, socket: Socket, handler: ClientHandler) {
    this.#socket = socket;
    this.#handler = handler;
    const peer = context.observed ? context.peers.of(socket.remoteAddress) : 0;
    this.requests = new RequestReader(context, peer, handler, (bytes) => this.#pass(bytes));
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('end', () => {
      this.#ended = true;
      if (this.#rest === undefined) this.#tellEnd();
    });
    socket.on('drain', () => handler.onClientDrain());
    // 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#linger?.stop();
      handler.onClientGone();
      this.requests.stop();
    });
  }

  /** Returns whether it takes more now. */
  write(pieces: readonly Buffer[]): boolean {
    const socket = this.#socket;
    const [first] = pieces;
    if (!socket.writable || first === undefined) return true;
    if (pieces.length === 1) return socket.write(first);
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  /** Reads on after the upstream took no more. */
  resume(): void {
    if (this.#rest === undefined) this.#socket.resume();
  }

  /** A request has its answer: more may be read. @param final not after this one */
  onAnswered(final: boolean): void {
    const goesOn = this.requests.onAnswered();
    if (final) this.#tellEnd();
    else if (goesOn) this.#readRest();
  }

  /** Reads the next request, after the answer to one that had to come first. */
  goOn(): void {
    this.requests.goOn();
    this.#readRest();
  }

  /** What comes now is not HTTP, and passes as it is. */
  tunnel(): void {
    this.#tunnels = true;
    this.#readRest();
  }

  /** Passes on that the upstream sends nothing more. */
  finish(): void {
    this.#socket.end();
  }

  /** Sends `last`, and closes the connection without losing it. What still comes is dropped. */
  end(last?: string): void {
    if (this.#linger !== undefined) return;
    this.#rest = undefined;
    this.requests.stop();
    this.#linger = new LingeringClose(this.#socket, last);
    this.#socket.resume();
  }

  /** Closes the connection at once: nothing is on its way. */
  close(): void {
    this.#socket.destroy();
  }

  /** Breaks the connection, so that the client does not take what it has for the whole. */
  break(): void {
    this.requests.stop();
    resetConnection(this.#socket);
  }

  #pass(bytes: Buffer): void {
    if (!this.#handler.toUpstream(bytes)) this.#socket.pause();
  }

  #take(piece: Buffer): void {
    if (this.#linger !== undefined) this.#linger.drop(piece.length);
    else if (this.#rest !== undefined) this.#hold(Buffer.concat([this.#rest, piece]));
    else if (this.#tunnels) this.#pass(piece);
    else {
      const rest = this.requests.read(piece);
      // A refusal may have ended it meanwhile.
      if (rest !== undefined && this.#linger === undefined) this.#hold(rest);
    }
  }

  #hold(rest: Buffer): void {
    this.#rest = rest;
    this.#socket.pause();
  }

  #readRest(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    this.#socket.resume();
    if (rest !== undefined) this.#take(rest);
    if (this.#rest === undefined) this.#tellEnd();
  }

  /** Tells of the end, once. */
  #tellEnd(): void {
    if (!this.#ended || this.#linger !== undefined) return;
    this.#ended = false;
    this.#handler.onClientEnd();
  }
}
