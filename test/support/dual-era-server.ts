import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listen } from './listen.ts';

export interface DualEraServer extends AsyncDisposable {
  /** With the path. */
  readonly url: string;
  /** Resolves when the tool `slow` is next called. */
  untilSlow(): Promise<void>;
}

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const Confirmation = z.object({ confirm: z.boolean() });

/** The SDK's own server of both eras: 2026-07-28, and before that without sessions. */
export async function startDualEraServer(): Promise<DualEraServer> {
  let slow = Promise.withResolvers<void>();
  const handler = createMcpHandler(() =>
    createServer(() => {
      slow.resolve();
      slow = Promise.withResolvers();
    }),
  );
  const handle = toNodeHandler(handler);
  const server = await listen(
    http.createServer((request, response) => {
      // Node's type and the adapter's differ only in whether an absent member may be undefined.
      handle(request as Parameters<typeof handle>[0], response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  const close = async (): Promise<void> => {
    await handler.close();
    await server.close();
  };
  return {
    url: `${server.url}/mcp`,
    untilSlow: () => slow.promise,
    [Symbol.asyncDispose]: close,
  };
}

function createServer(onSlow: () => void): McpServer {
  const server = new McpServer({ name: 'dual-era', version: '2.0.0' });
  server.registerTool('echo', { inputSchema: z.object({ message: z.string() }) }, ({ message }) => text(message));
  server.registerTool(
    'add',
    { inputSchema: z.object({ a: z.number(), b: z.number() }), annotations: { readOnlyHint: true } },
    ({ a, b }) => text(String(a + b)),
  );
  server.registerTool('fail', {}, () => ({ ...text('it did not work'), isError: true }));
  server.registerTool('slow', { inputSchema: z.object({ milliseconds: z.number() }) }, async ({ milliseconds }) => {
    onSlow();
    await delay(milliseconds);
    return text('late');
  });
  server.registerTool('confirm', {}, (context) => {
    const answer = acceptedContent(context.mcpReq.inputResponses, 'sure', Confirmation);
    if (answer !== undefined) return text(answer.confirm ? 'done' : 'left');
    return inputRequired({
      inputRequests: { sure: inputRequired.elicit({ message: 'Sure?', requestedSchema: Confirmation }) },
      // Servers may leave it out; then nothing says which round a further one belongs to.
      requestState: randomUUID(),
    });
  });
  return server;
}
