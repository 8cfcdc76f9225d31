import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { localhostHostValidation, NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  createMcpHandler,
  isInitializeRequest,
  McpServer,
  type ServerNotifier,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { addContentTools, described, text } from './full-server-content.ts';
import { createEventStore } from './full-server-events.ts';
import { addPrompts, addResources } from './full-server-library.ts';
import { addRounds, requestState } from './full-server-rounds.ts';
import { addTalkingTools } from './full-server-talk.ts';
import { addTaskTools, createTasks, TASKS } from './full-server-tasks.ts';
import { listen } from './listen.ts';

export interface FullServer extends AsyncDisposable {
  /** With the path. */
  readonly url: string;
}

/** Sees every request as it arrived; `body` is undefined where there is none. */
export type Watch = (headers: http.IncomingHttpHeaders, body: unknown) => void;

/** Milliseconds after which a client that lost its stream is asked to come back. */
const RETRY_MS = 200;

/**
 * Everything MCP has, on one URL, in both eras: 2026-07-28, and before that with sessions, streams that can be resumed,
 * and requests of its own. What its tools are called is what the official conformance suites call.
 */
export async function startFullServer(watch: Watch = () => undefined): Promise<FullServer> {
  const modern = createMcpHandler(() => createServer(modern.notify), { legacy: 'reject' });
  const handleModern = toNodeHandler(modern);
  const tasks = createTasks();
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();

  async function open(): Promise<NodeStreamableHTTPServerTransport> {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: createEventStore(),
      retryInterval: RETRY_MS,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await createServer(modern.notify).connect(transport);
    return transport;
  }

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (!isLocal(request, response)) return;
    let body: unknown;
    try {
      if (request.method === 'POST') body = JSON.parse(await textOf(request));
    } catch {
      respond(response, 400, { jsonrpc: '2.0', error: { code: -32_700, message: 'Parse error' }, id: null });
      return;
    }
    watch(request.headers, body);
    const { 'mcp-protocol-version': version, 'mcp-method': method, 'mcp-session-id': id } = request.headers;
    const name = request.headers['mcp-name'];
    const nameHeader = typeof name === 'string' ? name : undefined;
    const { kind } = classifyInboundRequest({
      httpMethod: request.method ?? '',
      ...(typeof version === 'string' && { protocolVersionHeader: version }),
      ...(typeof method === 'string' && { mcpMethodHeader: method }),
      ...(nameHeader !== undefined && { mcpNameHeader: nameHeader }),
      body,
    });
    const answered = kind === 'modern' ? tasks.answer(body, nameHeader) : undefined;
    if (answered !== undefined) {
      respond(response, answered.status, answered.body);
      return;
    }
    if (kind !== 'legacy') {
      // Node's type and the adapter's differ only in whether an absent member may be undefined.
      await handleModern(request as Parameters<typeof handleModern>[0], response, body);
      return;
    }
    const begins = id === undefined && isInitializeRequest(body);
    const transport = begins ? await open() : transports.get(String(id));
    if (transport === undefined) refuse(response, id !== undefined);
    else await transport.handleRequest(request, response, body);
  }

  const isLocal = localhostHostValidation();
  const server = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  return {
    url: `${server.url}/mcp`,
    async [Symbol.asyncDispose]() {
      tasks[Symbol.dispose]();
      await modern.close();
      await Promise.all([...transports.values()].map((transport) => transport.close()));
      await server.close();
    },
  };
}

/** As the SDK answers to a session it does not know. */
function refuse(response: http.ServerResponse, named: boolean): void {
  const error = named
    ? { code: -32_001, message: 'Session not found' }
    : { code: -32_000, message: 'Bad Request: Session ID required' };
  respond(response, named ? 404 : 400, { jsonrpc: '2.0', error, id: null });
}

function respond(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function createServer(notify: ServerNotifier): McpServer {
  const server = new McpServer(
    { name: 'full', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
        extensions: { [TASKS]: {} },
      },
      requestState: { verify: requestState.verify },
    },
  );
  addContentTools(server);
  addTalkingTools(server);
  addRounds(server);
  addTaskTools(server);
  addResources(server);
  addPrompts(server);
  const changes = { test_trigger_tool_change: notify.toolsChanged, test_trigger_prompt_change: notify.promptsChanged };
  for (const [name, announce] of Object.entries(changes)) {
    server.registerTool(name, { ...described(name), inputSchema: z.object({}) }, () => {
      announce();
      return text('published');
    });
  }
  return server;
}
