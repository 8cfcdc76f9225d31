import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { listen } from '../../support/listen.ts';
import { metaOf, nanoseconds } from '../../support/sent-spans.ts';

/** Who is asked to sign in. */
export const STRANGER = 'stranger/1.0';

interface Message {
  id?: number;
  method?: string;
  params?: { name?: string };
}

/**
 * A server that does what the other two do not: it changes a tool between two lists, returns spans of its own with each
 * answer (one of them of a foreign trace), answers in the revision without sessions without its fields, and asks strangers
 * to sign in.
 */
export async function startOddServer(): Promise<AsyncDisposable & { readonly url: string }> {
  let lists = 0;
  const resultOf = ({ method, params }: Message, traceparent: string): object => {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'shop', version: '1.0.0' },
        };
      case 'tools/list':
        return { tools: [{ name: 'order', description: `version ${++lists}`, inputSchema: { type: 'object' } }] };
      default:
        return { content: [{ type: 'text', text: params?.name ?? '' }], _meta: spansFor(traceparent) };
    }
  };
  const server = await listen(
    http.createServer((request, response) => {
      void (async () => {
        const { headers } = request;
        if (headers['user-agent'] === STRANGER) {
          const challenge = `Bearer resource_metadata="http://${headers.host}/.well-known/oauth-protected-resource"`;
          response.writeHead(401, { 'www-authenticate': challenge }).end();
          return;
        }
        // True: only tests speak to it.
        const message = (await json(request)) as Message;
        if (message.id === undefined) {
          response.writeHead(202).end();
          return;
        }
        const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
        response.writeHead(200, { 'content-type': 'application/json', ...session });
        const result = resultOf(message, String(headers['traceparent']));
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
      })();
    }),
  );
  return { url: `${server.url}/mcp`, [Symbol.asyncDispose]: server.close };
}

function spansFor(traceparent: string): object | undefined {
  const [, traceId = '', parentSpanId = ''] = traceparent.split('-');
  const at = Date.now();
  const times = { startTimeUnixNano: nanoseconds(at), endTimeUnixNano: nanoseconds(at + 0.5) };
  const span = (of: string): object => ({
    ...times,
    traceId: of,
    spanId: randomBytes(8).toString('hex'),
    parentSpanId,
    name: 'db.query',
    kind: 1,
  });
  return metaOf([span(traceId), span(randomBytes(16).toString('hex'))]);
}
