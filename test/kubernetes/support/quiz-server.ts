// An MCP server of no dependencies, which runs in a pod as it is. It ends at once when it is told to, as most servers do.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';

interface Call {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly arguments?: { readonly ms?: number } };
}

const PORT = Number(process.env['PORT'] ?? 3_000);
const HOST = process.env['HOST'] ?? '0.0.0.0';

const results: Readonly<Record<string, (call: Call) => object>> = {
  initialize: () => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'quiz', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [{ name: 'wait', inputSchema: { type: 'object' } }] }),
  'tools/call': () => ({ content: [{ type: 'text', text: hostname() }] }),
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const call: Call = JSON.parse(await text(request));
  if (call.id === undefined) return void response.writeHead(202).end();
  const waits = call.params?.arguments?.ms ?? 0;
  if (waits > 0) await new Promise((resolve) => setTimeout(resolve, waits));
  const result = results[call.method ?? '']?.(call);
  const outcome = result === undefined ? { error: { code: -32_601, message: 'no such method' } } : { result };
  const session = call.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...session });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...outcome }));
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(new Error('no answer', { cause: error })));
}).listen(PORT, HOST);

process.once('SIGTERM', () => process.exit(0));
