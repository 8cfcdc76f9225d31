import http from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { json } from '../e2e/plain-server.ts';
import { listen } from '../support/listen.ts';

/** Texts that do harm where they are taken for more than texts. Each says where it came from. */
export const HOSTILE = {
  image: (from: string) => `<img src=x onerror="window.hurt='${from}'">`,
  script: (from: string) => `</title></script><script>window.hurt='${from}'</script>`,
  link: (from: string) => `javascript:window.hurt='${from}'//`,
  override: (from: string) => `${from} \u202Egnp.exe\u{E006F}\uFE01`,
  long: (from: string) => from.padEnd(10_000, 'W'),
  // Characters that do nothing but act, and such that nobody sees: they may carry a text of their own.
  control: (from: string) => `${from}\u0007\u001B[31m\u0085\u200B\u200F\u061C`,
  unseen: (from: string) => `${from}${'\uFE00\uFE0F\u{E0100}\u{E01EF}'.repeat(500)}`,
  template: (from: string) => `{{${from}}}\${window.hurt=1}%3Cscript%3E&lt;b&gt;`,
} as const satisfies Readonly<Record<string, (from: string) => string>>;

export const KINDS = Object.keys(HOSTILE) as readonly (keyof typeof HOSTILE)[];

interface Message {
  id?: number;
  method?: string;
  params?: { name?: string; clientInfo?: { name: string } };
}

/** A server that says hostile things of itself, and in all its answers. */
export async function startHostileServer(): Promise<{ url: string } & AsyncDisposable> {
  let sessions = 0;
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = await textOf(request);
    if (body === '') {
      response.writeHead(405).end();
      return;
    }
    // The clients below send nothing else.
    const { id, method, params } = JSON.parse(body) as Message;
    const result = (value: object): object => ({ jsonrpc: '2.0', id, result: value });
    const failed = (message: string): object => ({ jsonrpc: '2.0', id, error: { code: -32_000, message } });
    if (id === undefined) {
      response.writeHead(202).end();
    } else if (method === 'initialize') {
      const serverInfo = { name: HOSTILE.image('server name'), version: HOSTILE.script('server version') };
      const headers = { 'mcp-session-id': `${++sessions}<img/src=x/onerror=window.hurt='id'>` };
      json(response, 200, result({ protocolVersion: '2025-11-25', capabilities: {}, serverInfo }), headers);
    } else if (method === 'tools/list') {
      const tools = KINDS.map((kind) => ({
        name: HOSTILE[kind]('tool'),
        description: HOSTILE[kind]('description'),
        inputSchema: { type: 'object' },
      }));
      json(response, 200, result({ tools }));
    } else if (params?.name === 'talk') {
      const data = { level: HOSTILE.image('level'), data: HOSTILE.script('log') };
      const said = { jsonrpc: '2.0', method: 'notifications/message', params: data };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end([said, result({})].map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''));
    } else if (params?.name?.startsWith('fail') === true) {
      const kind = KINDS.find((each) => each === params.name?.slice('fail '.length)) ?? 'image';
      json(response, 200, failed(HOSTILE[kind]('error message')));
    } else {
      json(response, 200, result({ content: [{ type: 'text', text: HOSTILE.script('result') }] }));
    }
  };
  const server = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  return { url: `${server.url}/mcp`, [Symbol.asyncDispose]: server.close };
}
