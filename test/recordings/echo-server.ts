import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import { listen } from '../support/listen.ts';

export interface EchoServer extends AsyncDisposable {
  /** Streamable HTTP with sessions. */
  readonly url: string;
  /** HTTP+SSE, of 2024-11-05. */
  readonly sseUrl: string;
}

/** The official SDK's server of the legacy era with one tool: what it says is short, so recordings of it are. */
export async function startEchoServer(): Promise<EchoServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const streams = new Map<string, SSEServerTransport>();

  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    if (pathname === '/sse' && request.method === 'GET') {
      const stream = new SSEServerTransport('/message', response);
      streams.set(stream.sessionId, stream);
      await createServer().connect(stream);
    } else if (pathname === '/message') {
      await streams.get(searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response);
    } else if (pathname === '/mcp') {
      const id = request.headers['mcp-session-id'];
      const known = typeof id === 'string' ? sessions.get(id) : undefined;
      await (known ?? (await openSession())).handleRequest(request, response);
    } else {
      response.writeHead(404).end();
    }
  };

  const openSession = async (): Promise<StreamableHTTPServerTransport> => {
    const session = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
    });
    // It is one; its optional members are typed as if they could be undefined.
    await createServer().connect(session as Transport);
    return session;
  };

  const { url, close } = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  return { url: `${url}/mcp`, sseUrl: `${url}/sse`, [Symbol.asyncDispose]: close };
}

function createServer(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { message: z.string() } }, ({ message }) => ({
    content: [{ type: 'text', text: message }],
  }));
  return server;
}
