import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createAnswers, type Offer } from './answers.ts';
import { SIGN_IN_PATH } from './sign-in.ts';
import { createApp } from './app.ts';
import type { AppResponse } from './app-exchange.ts';
import { realClock } from './clock.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Starts an MCP server for a small app, which serves both eras on one URL (`/mcp`). The seed decides latencies,
 * contents and which answers are streamed; session ids are always new. Rejects when the port is taken.
 */
export async function startSimulatedServer(options: {
  port?: number;
  host?: string;
  seed?: number;
  /** What the app offers, if not the usual. */
  offer?: Offer;
}): Promise<{ url: string; /** Where nobody is let in without a token. */ signInUrl: string; close(): Promise<void> }> {
  const { host = '127.0.0.1', port = 0, seed = 1, offer } = options;
  const app = createApp({ answers: createAnswers(seed, offer), clock: realClock, newSessionId: randomUUID });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = request;
    const body = method === 'POST' ? await readBody(request) : '';
    await app.answer({ method, path: url.split('?')[0] ?? url, headers, body }, appResponseOf(response));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  return {
    url: `${origin}/mcp`,
    signInUrl: `${origin}${SIGN_IN_PATH}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const appResponseOf = (response: ServerResponse): AppResponse => ({
  head: (status, headers) => void response.writeHead(status, headers),
  write: (text) => void response.write(text),
  end: (text) => void response.end(text),
  onClosed: (listener) => void response.once('close', listener),
});

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // node:http gives Buffers while no encoding is set.
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(part);
  }
  if (bytes > MAX_BODY_BYTES) return undefined;
  return Buffer.concat(chunks).toString('utf8');
}
