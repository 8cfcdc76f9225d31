import { fileURLToPath } from 'node:url';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { isAlive, through } from './wrapped.ts';

const SERVER: [string, ...string[]] = [
  process.execPath,
  fileURLToPath(new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url)),
  'stdio',
];

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
});
afterAll(() => receiver.close());

const parameters = ([command, ...args]: readonly [string, ...string[]], observed = false) => ({
  command,
  args,
  stderr: 'pipe' as const,
  env: observed
    ? { MCPSPAN_STORE: 'off', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' }
    : { MCPSPAN_STORE: 'off' },
});

/** Resolves when the session of this client has arrived: a client gives a server that it ends little time. */
const arrived = (name: string): Promise<unknown> =>
  receiver.until(({ spans }) =>
    spans.some((span) => span.name === 'mcp.session' && span.attributes['mcp.client.name'] === name),
  );

/** All that the server says of itself and does when it is asked, in the order in which it is told. */
async function converseV1(server: ReturnType<typeof parameters>, observed = false): Promise<unknown> {
  const client = new Client({ name: 'v1', version: '1.2.3' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  const transport = new StdioClientTransport(server);
  await client.connect(transport);
  const { pid } = transport;
  const told: unknown[] = [client.getServerVersion(), client.getServerCapabilities(), client.getInstructions()];
  told.push(await client.listTools(), await client.listPrompts(), await client.listResources());
  told.push(await client.callTool({ name: 'echo', arguments: { message: 'é\u{1f600}\u2028\0 \\ "' } }));
  told.push(await client.callTool({ name: 'echo', arguments: { message: 'x'.repeat(3_000_000) } }));
  told.push(await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 'two' } }));
  told.push(await client.callTool({ name: 'get-tiny-image', arguments: {} }));
  told.push(await client.callTool({ name: 'trigger-elicitation-request', arguments: {} }));
  told.push(await client.callTool({ name: 'no-such-tool', arguments: {} }).catch(String));
  const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.1, steps: 3 } };
  // Which steps it tells of does not matter here: it drops those that come in one piece with the answer.
  told.push(await client.callTool(long, undefined, { onprogress: () => undefined }));
  told.push(await client.getPrompt({ name: 'simple-prompt' }), await client.ping());
  if (observed) await arrived('v1');
  await client.close();
  if (pid !== null) expect(isAlive(pid)).toBe(false);
  return told;
}

async function converseV2(
  server: ReturnType<typeof parameters>,
  mode: 'legacy' | 'auto',
  observed = false,
): Promise<unknown> {
  const client = new ClientV2(
    { name: `v2-${mode}`, version: '2.3.4' },
    { versionNegotiation: { mode }, capabilities: {} },
  );
  await client.connect(new StdioV2(server));
  const told: unknown[] = [client.getServerVersion(), client.getServerCapabilities()];
  told.push(await client.listTools(), await client.callTool({ name: 'echo', arguments: { message: 'hello' } }));
  told.push(await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 2 } }));
  if (observed) await arrived(`v2-${mode}`);
  await client.close();
  return told;
}

describe.each([
  ['with nothing to observe', false],
  ['observed', true],
] as const)('a real server in mcpspan, %s,', (_, observed) => {
  it('is to the v1 client what it is without', async () => {
    const direct = await converseV1(parameters(SERVER));
    expect(await converseV1(parameters(through(SERVER), observed), observed)).toEqual(direct);
  });

  it.each(['legacy', 'auto'] as const)('is to the v2 client in %s mode what it is without', async (mode) => {
    const direct = await converseV2(parameters(SERVER), mode);
    expect(await converseV2(parameters(through(SERVER), observed), mode, observed)).toEqual(direct);
  });
});

describe('what was observed', () => {
  it('is a session of each client, under the name of the package', () => {
    const roots = receiver.spans.filter(({ name }) => name === 'mcp.session').map(({ attributes }) => attributes);
    for (const name of ['v1', 'v2-legacy', 'v2-auto'])
      expect(roots).toContainEqual(
        expect.objectContaining({
          'mcp.client.name': name,
          'mcpspan.server': '@modelcontextprotocol/server-everything',
          'mcpspan.session.source': 'process',
        }),
      );
  });
});
