import { readHead, readRequestBody, requestPieces, valuesOf, type Body, type FieldLine } from './http-message.ts';
import type { TlsOptions } from 'node:tls';
import type { Listening } from './listen.ts';
import { rawServer, type Wire } from './raw.ts';

/** A request as it reached the upstream. */
export interface Received {
  method: string;
  target: string;
  fields: readonly FieldLine[];
  /** Reads on until the body ends, or breaks. */
  body(): Promise<Body>;
  /** The body as it comes, instead of `body`. */
  pieces(): AsyncGenerator<Buffer, FieldLine[]>;
  wire: Wire;
}

/** What the upstream does with a request; once it returns, the connection waits for the next one. */
export type Script = (request: Received) => Promise<unknown>;

export interface Upstream extends Listening {
  /** What is done with every request from now on. */
  script: Script;
  /** Every connection that was ever opened. */
  readonly wires: readonly Wire[];
  /** The request line of every request that ever arrived. */
  readonly requestLines: readonly string[];
  /** What scripts threw. A failed script resets its connection, so that nobody waits for it. */
  readonly failures: readonly unknown[];
}

/**
 * An HTTP server made of sockets: it sees exactly what was sent, and answers exactly what its script says.
 * @param over with which certificate it speaks TLS; undefined: it does not
 */
export async function startUpstream(
  script: Script = answerWith('HTTP/1.1 204 No Content\r\n\r\n'),
  over?: TlsOptions,
): Promise<Upstream> {
  const wires: Wire[] = [];
  const requestLines: string[] = [];
  const failures: unknown[] = [];
  const serve = async (wire: Wire): Promise<void> => {
    for (let head = await readHead(wire); head !== undefined; head = await readHead(wire)) {
      requestLines.push(head.line);
      const [method = '', target = ''] = head.line.split(' ');
      const body = readRequestBody.bind(undefined, wire, head);
      const pieces = requestPieces.bind(undefined, wire, head);
      await upstream.script({ method, target, fields: head.fields, body, pieces, wire });
      if (valuesOf(head, 'connection').some((value) => value.toLowerCase() === 'close')) break;
    }
    wire.finish();
  };
  const server = await rawServer((wire) => {
    wires.push(wire);
    serve(wire).catch((failure: unknown) => {
      failures.push(failure);
      wire.reset();
    });
  }, over);
  const url = over === undefined ? server.url : `https://localhost:${server.port}`;
  const upstream: Upstream = { ...server, url, script, wires, requestLines, failures };
  return upstream;
}

/** Reads the whole request, then sends these bytes. */
export function answerWith(bytes: string | Uint8Array): Script {
  return async ({ body, wire }) => {
    await body();
    await wire.send(bytes);
  };
}
