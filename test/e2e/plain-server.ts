import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from '../support/listen.ts';

type Json = Readonly<Record<string, unknown>>;

/** A request as it reached the server. */
export interface Arrived {
  method: string;
  /** Name and value in turn, as on the wire. */
  rawHeaders: readonly string[];
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Answers a request by itself, or leaves it (`false`) to the server. */
export type Intercept = (request: Arrived, response: http.ServerResponse) => boolean | Promise<boolean>;

export interface PlainServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly arrived: Arrived[];
  intercept: Intercept;
}

const TOOLS = ['echo', 'add'];

/** An MCP server of the legacy era with sessions, as plain as can be, which keeps what reached it. */
export async function startPlainServer(): Promise<PlainServer> {
  const sessions = new Set<string>();
  const arrived: Arrived[] = [];

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString();
    const { method = '', rawHeaders, headers } = request;
    const one: Arrived = { method, rawHeaders, headers, body };
    arrived.push(one);
    if (await server.intercept(one, response)) return;
    const id = headers['mcp-session-id'];
    if (typeof id === 'string' && !sessions.has(id)) {
      json(response, 404, { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } });
    } else if (method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    } else if (method === 'DELETE') {
      sessions.delete(String(id));
      response.writeHead(200).end();
    } else {
      answerPost(JSON.parse(body), response);
    }
  }

  function answerPost(message: Json | readonly Json[], response: http.ServerResponse): void {
    const messages = 'length' in message ? (message as readonly Json[]) : [message as Json];
    const requests = messages.filter((each) => each['id'] !== undefined);
    if (requests.length === 0) {
      response.writeHead(202).end();
      return;
    }
    const answers = requests.map((each) => ({ jsonrpc: '2.0', id: each['id'], ...answerTo(each) }));
    const headers: http.OutgoingHttpHeaders = {};
    if (requests.some((each) => each['method'] === 'initialize')) {
      const id = randomUUID();
      sessions.add(id);
      headers['mcp-session-id'] = id;
    }
    json(response, 200, 'length' in message ? answers : (answers[0] ?? {}), headers);
  }

  const listening = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  const server: PlainServer = {
    url: `${listening.url}/mcp`,
    port: listening.port,
    arrived,
    intercept: () => false,
    [Symbol.asyncDispose]: listening.close,
  };
  return server;
}

export function json(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function answerTo({ method, params }: Json): Json {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'plain', version: '1' },
        },
      };
    case 'tools/list':
      return { result: { tools: TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } })) } };
    case 'tools/call': {
      const name = typeof params === 'object' && params !== null && 'name' in params ? params.name : undefined;
      return TOOLS.some((tool) => tool === name)
        ? { result: { content: [{ type: 'text', text: 'fine' }] } }
        : { error: { code: -32602, message: 'Unknown tool' } };
    }
    case 'ping':
      return { result: {} };
    default:
      return { error: { code: -32601, message: 'Method not found' } };
  }
}
