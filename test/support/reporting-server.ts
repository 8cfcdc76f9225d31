import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { listen } from './listen.ts';
import { metaOf, nanoseconds, textAttribute, type KeyValue } from './sent-spans.ts';

export interface ReportingServer extends AsyncDisposable {
  readonly url: string;
  /** Ids of the spans that it returned, call by call. */
  readonly returned: readonly (readonly string[])[];
}

// The part that is needed of what the SDK hands to a tool.
interface Extra {
  _meta?: { traceparent?: string; otel?: { traces?: { request?: boolean } } };
  requestInfo?: { headers: http.IncomingHttpHeaders };
}

/**
 * A server made with the SDK that returns spans of its own with an answer, as the reference implementation of SEP-2448 does:
 * a SERVER span under the caller's, and the steps in it. Like that, it waits to be asked for them in `_meta`; unlike it, it
 * takes the context from the header, too.
 * @param unasked it returns spans also if nobody asks
 */
export async function startReportingServer({ unasked = false } = {}): Promise<ReportingServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const returned: string[][] = [];

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    // Its optional handlers may be undefined, which the interface it implements does not say.
    await shop(unasked, returned).connect(transport as Parameters<McpServer['connect']>[0]);
    return transport;
  }

  const server = await listen(
    http.createServer((request, response) => {
      void (async () => {
        const body = request.method === 'POST' ? await json(request) : undefined;
        const known = transports.get(String(request.headers['mcp-session-id']));
        await (known ?? (await open())).handleRequest(request, response, body);
      })();
    }),
  );
  return { url: `${server.url}/mcp`, returned, [Symbol.asyncDispose]: server.close };
}

function shop(unasked: boolean, returned: string[][]): McpServer {
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const telemetry = { serverExecutionTelemetry: { version: '2026-03-01', signals: { traces: { supported: true } } } };
  // The SDK's types know no capability that is only proposed.
  server.server.registerCapabilities(telemetry as Parameters<typeof server.server.registerCapabilities>[0]);
  const steps = (extra: Extra): KeyValue | undefined => {
    if (!unasked && extra._meta?.otel?.traces?.request !== true) return undefined;
    const header = extra.requestInfo?.headers['traceparent'];
    const told = extra._meta?.traceparent ?? (typeof header === 'string' ? header : '');
    const [, traceId = '', parentSpanId = ''] = told.split('-');
    const at = Date.now();
    const root = randomBytes(8).toString('hex');
    const made = (name: string, kind: number, own: string, under: string, attributes: readonly KeyValue[] = []) => ({
      traceId,
      spanId: own,
      name,
      kind,
      startTimeUnixNano: nanoseconds(at),
      endTimeUnixNano: nanoseconds(at + 0.5),
      attributes,
      status: { code: 0 },
      parentSpanId: under,
    });
    const said = JSON.stringify([{ role: 'user', content: '{"item":"tea"}' }]);
    const spans = [
      made('auth.validate', 1, randomBytes(8).toString('hex'), root),
      made('db.query', 3, randomBytes(8).toString('hex'), root, [
        textAttribute('db.system.name', 'postgresql'),
        textAttribute('db.password', 'hunter2'),
      ]),
      made('tools/call order', 2, root, parentSpanId, [
        textAttribute('mcp.tool', 'order'),
        textAttribute('gen_ai.input.messages', said),
      ]),
    ];
    returned.push(spans.map(({ spanId }) => spanId));
    return metaOf(spans);
  };
  server.registerTool('order', { inputSchema: { item: z.string() } }, async ({ item }, extra) => ({
    content: [{ type: 'text' as const, text: `ordered ${item}` }],
    _meta: steps(extra as Extra),
  }));
  return server;
}
