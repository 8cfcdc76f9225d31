import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from '../../e2e/cli.ts';
import { startEverything } from '../../e2e/everything.ts';
import { startDualEraServer } from '../../support/dual-era-server.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { INSTALL_TIMEOUT } from '../clients/cached.ts';
import { converse, traceFrom } from '../clients/conversation.ts';
import { startEverythingSse } from '../clients/everything-sse.ts';
import { CALLS, callsOf, echoed, LEGACY, MODERN, PROBED } from '../clients/expected.ts';
import type { Row } from '../clients/row.ts';
import { nodeSpeaker, speak } from '../clients/speak.ts';
import { startFastMcpServer } from './fastmcp-server.ts';
import { findPython, installPython, NO_PYTHON, pythonSpeaker } from './venv.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const REQUIREMENTS = readFileSync(new URL('requirements.txt', import.meta.url), 'utf8');
const machine = findPython();
if (machine === undefined) console.warn(NO_PYTHON);

let python: string;
let servers: Record<'everything' | 'dual-era' | 'everything-sse', AsyncDisposable & { url: string }>;
const rows: Row[] = [];

const versionOf = (name: string): string => new RegExp(`^${name}==(.+)$`, 'm').exec(REQUIREMENTS)?.[1] ?? '';

const sdk = { client: 'Python SDK', package: 'mcp', script: 'sdk_client' };
const fastmcp = { client: 'FastMCP', package: 'fastmcp', script: 'fastmcp_client' };
const SSE = { transport: 'sse' };

/** What a client with a tracer makes of it: each operation is in the trace of who asked, the rest in the session's. */
const traced = (...methods: string[]): string[] =>
  methods.flatMap((method) => [
    `fastmcp-client: ${method} CLIENT`,
    `  fastmcp-client: MCP send ${method} CLIENT`,
    `    ${method} SERVER`,
  ]);

const CASES = [
  { ...sdk, options: {}, server: 'everything', trace: PROBED, verdict: 'reusing' },
  { ...sdk, options: {}, server: 'dual-era', trace: MODERN, verdict: 'modern' },
  {
    ...sdk,
    options: SSE,
    server: 'everything-sse',
    trace: PROBED,
    verdict: 'reusing',
  },
  { ...fastmcp, options: {}, server: 'everything', trace: PROBED, verdict: 'reusing' },
  { ...fastmcp, options: {}, server: 'dual-era', trace: MODERN, verdict: 'modern' },
  { ...fastmcp, options: SSE, server: 'everything-sse', trace: LEGACY, verdict: 'reusing' },
  {
    ...fastmcp,
    client: 'FastMCP, traced',
    options: { traced: true },
    server: 'dual-era',
    trace: [
      'fastmcp-client: MCP send server/discover CLIENT',
      '  server/discover SERVER',
      'mcp.session INTERNAL',
      '  mcp.session.summary INTERNAL',
      ...traced('tools/list', ...callsOf(CALLS)),
    ],
    verdict: 'modern',
  },
] as const;

describe.skipIf(machine === undefined)('on Python', () => {
  beforeAll(async () => {
    python = await installPython(machine ?? '');
    const [everything, dualEra, sse] = await Promise.all([
      startEverything(),
      startDualEraServer(),
      startEverythingSse(),
    ]);
    servers = { everything, 'dual-era': dualEra, 'everything-sse': sse };
  }, INSTALL_TIMEOUT);
  afterAll(() => Promise.all(Object.values(servers).map((server) => server[Symbol.asyncDispose]())));

  describe.each(CASES)('$client with the server $server', ({ server, trace, verdict, ...each }) => {
    it('gets what it asks for, unchanged, and is seen as it is', async () => {
      const conversation = await converse(pythonSpeaker(each.script, python), each.options, servers[server].url);
      expect(conversation.differences).toEqual([]);
      expect(conversation.said.tools).toContain('echo');
      expect(conversation.said.said).toEqual(echoed(server === 'dual-era' ? '' : 'Echo: '));
      expect(conversation.trace).toEqual(trace);
      expect(conversation.anomalies).toEqual([]);
      expect(conversation.measured.verdict).toBe(verdict);
      expect(conversation.propagated.unknown).toEqual([]);
      rows.push({ client: each.client, version: versionOf(each.package), server, ...conversation.measured });
    });
  });

  it('is as docs/clients.md says', async () => {
    await expect(`${JSON.stringify(rows, null, 2)}\n`).toMatchFileSnapshot('./results.json');
  });

  describe('a FastMCP server with a tracer', () => {
    /** The spans of the proxy and of the server, after a client with sessions has called it once. */
    async function traceWith(http: boolean, ...args: string[]): Promise<string[]> {
      await using receiver = await startOtlpReceiver();
      const traces = `${receiver.url}/v1/traces`;
      await using server = await startFastMcpServer(python, { traces, http });
      await using cli = await startCli(server.url, args, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      const options = { transport: 'http' };
      const said = await speak(nodeSpeaker('sdk-v1', REPOSITORY), { url: cli.url, calls: 1, traces, options });
      expect(said).toEqual({ tools: ['echo'], said: ['hëllo 1'] });
      expect(await cli.stop()).toBe(0);
      return traceFrom(receiver);
    }

    it('has its spans under ours where its HTTP side is instrumented: by the header', async () => {
      const trace = await traceWith(true);
      // When the client opens its stream is up to it.
      const stream = '  fastmcp-server: GET /mcp SERVER';
      expect(trace).toContain(stream);
      expect(trace.filter((line) => line !== stream)).toEqual([
        'mcp.session INTERNAL',
        '  initialize SERVER',
        '  notifications/initialized SERVER',
        '    fastmcp-server: POST /mcp SERVER',
        '  tools/list SERVER',
        '    fastmcp-server: POST /mcp SERVER',
        '      fastmcp-server: tools/list SERVER',
        '  tools/call echo SERVER',
        '    fastmcp-server: POST /mcp SERVER',
        '      fastmcp-server: tools/call echo SERVER',
        '  mcp.session.summary INTERNAL',
        // Which session that will be is not known before it is answered.
        'fastmcp-server: POST /mcp SERVER',
        '  fastmcp-server: initialize SERVER',
      ]);
    });

    it('has its spans under ours where it is not, with --propagate meta', async () => {
      expect(await traceWith(false, '--propagate', 'meta')).toEqual([
        'mcp.session INTERNAL',
        '  initialize SERVER',
        '  notifications/initialized SERVER',
        '  tools/list SERVER',
        '    fastmcp-server: tools/list SERVER',
        '  tools/call echo SERVER',
        '    fastmcp-server: tools/call echo SERVER',
        '  mcp.session.summary INTERNAL',
        'fastmcp-server: initialize SERVER',
      ]);
    });
  });
});
