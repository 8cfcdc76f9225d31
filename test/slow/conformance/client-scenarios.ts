import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { authorization } from './client-auth.ts';
import type { ClientRun } from './client-run.ts';

const Calls = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).default([]),
});

/** What the client does in each scenario, once it is connected. */
const SCENARIOS: Readonly<Record<string, (client: Client, run: ClientRun) => Promise<unknown>>> = {
  initialize: (client) => client.listTools(),
  'request-metadata': () => Promise.resolve(),
  'json-schema-ref-no-deref': (client) => client.listTools(),
  tools_call: (client) => listAndCall(client, 'add_numbers', { a: 5, b: 3 }),
  'sse-retry': (client) => listAndCall(client, 'test_reconnection'),
  'elicitation-sep1034-client-defaults': (client) => listAndCall(client, 'test_client_elicitation_defaults'),
  async 'sep-2322-client-request-state'(client) {
    for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_unrelated']) {
      await client.callTool({ name });
    }
    // The answer lacks what the revision asks for: that this client refuses it is as good as that it takes it.
    await client.callTool({ name: 'test_mrtr_no_result_type' }).catch(() => undefined);
  },
  async 'http-standard-headers'(client) {
    for (const { name } of (await client.listTools()).tools.slice(0, 1)) await client.callTool({ name });
    for (const { uri } of (await client.listResources()).resources.slice(0, 1)) await client.readResource({ uri });
    for (const { name } of (await client.listPrompts()).prompts.slice(0, 1)) await client.getPrompt({ name });
  },
  async 'http-custom-headers'(client, { context }) {
    await client.listTools();
    for (const call of Calls.parse(context).toolCalls) await client.callTool(call);
  },
  async 'http-invalid-tool-headers'(client) {
    for (const { name } of (await client.listTools()).tools) {
      await client.callTool({ name, arguments: { region: 'us-west1' } }).catch(() => undefined);
    }
  },
  async 'json-schema-2020-12-preservation'(client) {
    const schema = (await client.listTools()).tools.find(
      ({ name }) => name === 'json_schema_2020_12_tool',
    )?.inputSchema;
    await client.callTool({ name: 'json_schema_echo', arguments: { schema } });
  },
};

async function listAndCall(client: Client, name: string, given: Record<string, unknown> = {}): Promise<void> {
  await client.listTools();
  await client.callTool({ name, arguments: given });
}

/**
 * Here the server says something on the session's own stream, or takes its coming for something else. A client that
 * calls at once races its own GET, mcpspan or not.
 */
const OWN_STREAM: ReadonlySet<string> = new Set(['elicitation-sep1034-client-defaults', 'sse-retry']);

/** Tells when the session's own stream is answered. */
function noticing(fetch: ClientRun['fetch']): { fetch: ClientRun['fetch']; opened: Promise<void> } {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  return {
    opened,
    fetch: async (input, init) => {
      try {
        return await fetch(input, init);
      } finally {
        if (init?.method === 'GET') resolve();
      }
    },
  };
}

/** Plays the client under test. Rejects where that client gives up. */
export async function playScenario(run: ClientRun): Promise<void> {
  const { scenario, version, url } = run;
  const guarded = scenario.startsWith('auth/');
  const play = guarded ? SCENARIOS['initialize'] : SCENARIOS[scenario];
  if (play === undefined) throw new Error(`no client plays ${scenario}`);
  const client = new Client(
    { name: 'conformance', version: '1.0.0' },
    {
      capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: { form: { applyDefaults: true } } },
      versionNegotiation: { mode: version >= '2026-07-28' ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  const { fetch, opened } = noticing(run.fetch);
  const options = guarded ? await authorization(run) : { fetch };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  if (OWN_STREAM.has(scenario)) await opened;
  try {
    await play(client, run);
    if (guarded) await client.callTool({ name: 'test-tool' });
  } finally {
    await client.close();
  }
}
