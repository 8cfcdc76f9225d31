import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from '../../support/listen.ts';

/** One HTTP request and its answer, as they went by. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  status: number | undefined;
  answer: Buffer;
  /** The answer came to its end: nobody left before. */
  whole: boolean;
}

export interface Witness extends AsyncDisposable {
  /** With the upstream's path. */
  readonly url: string;
  /** In the order in which the requests arrived. */
  readonly exchanges: readonly Exchange[];
}

/** A pass-through that notes what goes by; it shares no code with the proxy that it is put beside. */
export async function startWitness(upstream: string): Promise<Witness> {
  const { hostname, port, pathname } = new URL(upstream);
  const exchanges: Exchange[] = [];
  const pass = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers, rawHeaders } = request;
    const exchange: Exchange = {
      method,
      path,
      headers,
      body: await buffer(request),
      status: undefined,
      answer: Buffer.alloc(0),
      whole: false,
    };
    exchanges.push(exchange);
    const onward = http.request({ hostname, port, method, path, headers: rawHeaders, agent: false });
    response.once('close', () => onward.destroy());
    onward.once('error', () => response.destroy());
    onward.once('response', (answer) => {
      exchange.status = answer.statusCode;
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      response.flushHeaders();
      answer.on('data', (piece: Buffer) => {
        exchange.answer = Buffer.concat([exchange.answer, piece]);
        response.write(piece);
      });
      answer.once('end', () => {
        exchange.whole = true;
        response.end();
      });
      answer.once('error', () => response.destroy());
    });
    onward.end(exchange.body);
  };
  const server = await listen(
    http.createServer((request, response) => {
      pass(request, response).catch(() => response.destroy());
    }),
  );
  return { url: `${server.url}${pathname}`, exchanges, [Symbol.asyncDispose]: server.close };
}

/** Belongs to one connection, or is the one thing that the proxy adds. */
const OURS = new Set(['connection', 'keep-alive', 'traceparent']);

/**
 * What the server got that the client did not send, and the other way round. An answer that the client did not wait for
 * must be the beginning of what the server sent; a request whose answer had not begun then need not have arrived.
 */
export function differences(client: readonly Exchange[], server: readonly Exchange[]): string[] {
  const arrived = inOrder(server);
  const found = inOrder(client).flatMap(({ asked, exchange }) => {
    if (arrived[0]?.asked !== asked) return exchange.status === undefined ? [] : [`did not arrive: ${asked}`];
    const answered = arrived.shift()?.exchange;
    if (answered === undefined || exchange.status === undefined) return [];
    const sent = exchange.whole ? answered.answer : answered.answer.subarray(0, exchange.answer.length);
    return exchange.status === answered.status && exchange.answer.equals(sent) ? [] : [`another answer: ${asked}`];
  });
  return [...found, ...arrived.map(({ asked }) => `was not sent: ${asked}`)];
}

/** In an order that does not depend on which of two concurrent requests came first. */
const inOrder = (exchanges: readonly Exchange[]): { asked: string; exchange: Exchange }[] =>
  exchanges
    .map((exchange) => {
      const { method, path, headers, body } = exchange;
      const kept = Object.entries(headers)
        .filter(([name]) => !OURS.has(name))
        .toSorted(([a], [b]) => order(a, b));
      return { asked: [method, path, JSON.stringify(kept), body.toString('latin1')].join(' '), exchange };
    })
    .toSorted((a, b) => order(a.asked, b.asked) || (a.exchange.status ?? 0) - (b.exchange.status ?? 0));

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
