import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  ListToolsRequestSchema,
  ToolListChangedNotificationSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readerOf } from '../store/store-rig.ts';
import { listen } from '../support/listen.ts';
import { startTestProxy } from '../support/proxy.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-changes-'));
  store = join(folder, 'record.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const inputSchema = { type: 'object' as const };
const SEARCH: Tool = { name: 'search', description: 'Finds pages.', inputSchema, annotations: { readOnlyHint: true } };
const GRADE: Tool = { name: 'grade', description: 'Grades.', inputSchema };

/** What a client is offered: by its credential, and by the page that it asks for. */
type Offer = (asked: { user: string; cursor: string | undefined; request: number }) => {
  tools: Tool[];
  nextCursor?: string;
};

interface ChangingServer extends AsyncDisposable {
  url: string;
  offer: Offer;
  /** Tells every client that its list is out of date. */
  changed(): Promise<void>;
}

/** A server of the SDK, whose tools are what `offer` says at the time. */
async function startChangingServer(offer: Offer): Promise<ChangingServer> {
  const open = new Map<string, StreamableHTTPServerTransport>();
  const servers: Server[] = [];
  let requests = 0;
  const connect = async (user: string): Promise<StreamableHTTPServerTransport> => {
    const server = new Server({ name: 'quiz', version: '1.0.0' }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) =>
      made.offer({ user, cursor: params?.cursor, request: requests++ }),
    );
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void open.set(id, transport),
    });
    // Its optional handlers may be undefined, which the interface it implements does not say.
    await server.connect(transport as Parameters<Server['connect']>[0]);
    servers.push(server);
    return transport;
  };
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = await text(request);
    const known = open.get(String(request.headers['mcp-session-id']));
    const transport = known ?? (await connect(request.headers.authorization ?? ''));
    await transport.handleRequest(request, response, body === '' ? undefined : JSON.parse(body));
  };
  const server = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  const made: ChangingServer = {
    url: `${server.url}/mcp`,
    offer,
    changed: async () => {
      await Promise.all(servers.map((each) => each.sendToolListChanged()));
    },
    [Symbol.asyncDispose]: server.close,
  };
  return made;
}

/** A client that has listed the tools, page by page. */
async function connect(url: string, name: string, authorization?: string): Promise<Client> {
  const client = new Client({ name, version: '1.0.0' });
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  await listAll(client);
  return client;
}

async function listAll(client: Client): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** What the record has, once the proxy has ended. */
function told(): string[] {
  using reader = readerOf(store);
  return reader
    .toolChanges({})
    .map(({ tool, kinds }) => `${tool}: ${kinds.join(' ')}`)
    .toReversed();
}

const start = (server: ChangingServer) => startTestProxy(server.url, ['--store', store, '--name', 'quiz']);

it('a server that says that its tools have changed is heard, and the change is told', async () => {
  await using server = await startChangingServer(() => ({ tools: [SEARCH] }));
  {
    await using proxy = await start(server);
    const client = await connect(proxy.url, 'cursor-vscode');
    const listed = new Promise<void>((resolve, reject) => {
      client.setNotificationHandler(
        ToolListChangedNotificationSchema,
        () => void listAll(client).then(resolve, reject),
      );
    });
    server.offer = () => ({ tools: [{ ...SEARCH, description: 'Finds and deletes pages.', annotations: {} }, GRADE] });
    await server.changed();
    await listed;
    await client.close();
  }
  expect(told()).toEqual(['search: description readOnlyHint-less-safe', 'grade: added']);
});

it('a release while mcpspan was down is told by the next run', async () => {
  await using server = await startChangingServer(() => ({ tools: [SEARCH, GRADE] }));
  {
    await using proxy = await start(server);
    await (await connect(proxy.url, 'cursor-vscode')).close();
  }
  server.offer = () => ({ tools: [{ ...SEARCH, inputSchema: { ...inputSchema, required: ['q'] } }] });
  {
    await using proxy = await start(server);
    await (await connect(proxy.url, 'cursor-vscode')).close();
    await (await connect(proxy.url, 'cursor-vscode')).close();
  }
  expect(told().toSorted()).toEqual(['grade: removed', 'search: input-narrowed']);
});

it('lists by pages, and by who asks, show no change', async () => {
  const all = Array.from({ length: 25 }, (_, index): Tool => ({ ...GRADE, name: `tool-${index}` }));
  await using server = await startChangingServer(({ user, cursor }) => {
    const own = user === 'Bearer ann' ? all : all.slice(3).map((tool) => ({ ...tool, description: 'of Bob' }));
    const from = Number(cursor ?? 0);
    return { tools: own.slice(from, from + 10), ...(from + 10 < own.length && { nextCursor: String(from + 10) }) };
  });
  {
    await using proxy = await start(server);
    for (let time = 0; time < 3; time++)
      for (const user of ['ann', 'bob']) await (await connect(proxy.url, 'cursor-vscode', `Bearer ${user}`)).close();
  }
  expect(told()).toEqual([]);
});

it('two releases behind one address are one change, and two versions', async () => {
  const other = { ...SEARCH, description: 'Finds files.' };
  await using server = await startChangingServer(({ request }) => ({ tools: [request % 2 === 0 ? SEARCH : other] }));
  {
    await using proxy = await start(server);
    for (let time = 0; time < 8; time++) await (await connect(proxy.url, 'cursor-vscode')).close();
  }
  expect(told()).toEqual(['search: description', 'search: two-versions']);
});

it('two wrappers that keep one record tell one change once', async () => {
  await using server = await startChangingServer(() => ({ tools: [SEARCH] }));
  {
    await using one = await start(server);
    await using two = await start(server);
    const clients = [await connect(one.url, 'cursor-vscode'), await connect(two.url, 'cursor-vscode')];
    server.offer = () => ({ tools: [{ ...SEARCH, title: 'Search' }] });
    for (const client of clients) await listAll(client);
    for (const client of clients) await client.close();
  }
  expect(told()).toEqual(['search: title']);
});
