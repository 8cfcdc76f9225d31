import { randomUUID } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { httpServer, type Listening } from '../../support/listen.ts';

interface Message {
  id?: number;
  method?: string;
  params?: { name?: string };
}

/** One call in so many fails, as a result with `isError`. */
const ONE_FAILS_IN = 50;

/** The name of a tool: no two servers have one in common. */
export const toolOf = (server: number, tool: number): string => `s${server}_tool${tool}`;

/** Many MCP servers with sessions at one address: server N at `/sN/mcp`, each with tools of its own. */
export const startFleetServer = (tools: number): Promise<Listening> => {
  let calls = 0;
  const resultOf = (server: number, method: string | undefined): object => {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: `s${server}`, version: '1' },
        };
      case 'tools/list':
        return { tools: Array.from({ length: tools }, (_, tool) => definitionOf(toolOf(server, tool))) };
      default:
        return { content: [{ type: 'text', text: 'fine' }], isError: ++calls % ONE_FAILS_IN === 0 };
    }
  };
  return httpServer((request, response) => {
    if (request.method === 'DELETE') return void response.writeHead(200).end();
    const server = Number(/^\/s(\d+)\/mcp$/.exec(request.url ?? '')?.[1]);
    void json(request).then((body) => {
      // What `playFleet` sends.
      const { id, method } = body as Message;
      if (id === undefined) return response.writeHead(202).end();
      const opened = method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...opened });
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(server, method) }));
    });
  });
};

const definitionOf = (name: string): object => ({
  name,
  description: `Does what ${name} is for, with the text that it is given.`,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
});
