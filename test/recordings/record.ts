/**
 * Makes the recordings beside it, with the real clients and servers: `node test/recordings/record.ts [NAME…]`.
 * The snapshots of the test follow with `npx vitest run test/recordings.test.ts --update`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { play } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { RingReader } from '../../src/transport/wire/ring-reader.ts';
import { createRing } from '../../src/transport/wire/ring-writer.ts';
import type { WireEvent } from '../../src/transport/wire/wire-event.ts';
import { connectV1, connectV2 } from '../e2e/clients.ts';
import { startEverything } from '../e2e/everything.ts';
import { agents, aiSdk, inspector, langchain, mastra, remote, sdkV1, type Client } from '../slow/clients/cases.ts';
import { installPackages } from '../slow/clients/packages.ts';
import { nodeSpeaker, speak, type Speaker } from '../slow/clients/speak.ts';
import { findPython, installPython, NO_PYTHON, pythonSpeaker } from '../slow/python/venv.ts';
import { startDualEraServer } from '../support/dual-era-server.ts';
import { servedOptions, startTestRelay } from '../support/relay.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startEchoServer } from './echo-server.ts';
import { scrub, SERVER } from './scrub.ts';
import { toLine } from './wire-lines.ts';

const MAX_BYTES = 60_000;
const RING_BYTES = 1 << 24;

interface Conversation {
  /** Under `test/recordings/`, without the ending. */
  name: string;
  server: 'everything' | 'echo' | 'echo-sse' | 'dual-era' | 'quiz';
  speak(url: string): Promise<void>;
}

/** Lets a program of its own speak, which lists the tools and calls one twice. */
const programs = (name: string, server: Conversation['server'], speaker: () => Promise<Speaker>, options: object) => ({
  name,
  server,
  async speak(url: string) {
    await using receiver = await startOtlpReceiver();
    await speak(await speaker(), { url, calls: 2, traces: `${receiver.url}/v1/traces`, options });
  },
});
const node = (name: string, server: Conversation['server'], { script, options, from }: Client): Conversation =>
  programs(
    name,
    server,
    async () => nodeSpeaker(script, from === 'cache' ? await installPackages() : import.meta.dirname),
    options,
  );
const python = (name: string, server: Conversation['server'], script: string, options: object = {}): Conversation =>
  programs(
    name,
    server,
    async () => {
      const version = findPython();
      if (version === undefined) throw new Error(NO_PYTHON);
      return pythonSpeaker(script, await installPython(version));
    },
    options,
  );

const echo = { name: 'echo', arguments: { message: 'hëllo ✓' } };

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: '2025-11-25/sdk-v1',
    server: 'everything',
    async speak(url) {
      const { client, transport } = await connectV1(url, 'sdk-v1', { elicitation: {} }, (asked) => {
        asked.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
      });
      await client.listTools();
      await client.callTool(echo);
      await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 'two' } });
      await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
      const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.1, steps: 2 } };
      await client.callTool(long, undefined, { onprogress: () => undefined });
      await client.readResource({ uri: 'demo://resource/dynamic/text/1' }).catch(() => 'told as an error');
      await transport.terminateSession();
      await client.close();
    },
  },
  {
    name: '2025-11-25/sdk-v1-no-sessions',
    server: 'dual-era',
    async speak(url) {
      const { client } = await connectV1(url, 'sdk-v1');
      await client.listTools();
      await client.callTool(echo);
      await client.close();
    },
  },
  ...(['legacy', 'auto'] as const).map((mode) => ({
    name: `2025-11-25/sdk-v2-${mode}`,
    server: 'everything' as const,
    async speak(url: string) {
      const { client } = await connectV2(url, `sdk-v2-${mode}`, mode);
      await client.callTool(echo);
      await client.getPrompt({ name: 'simple-prompt' });
      await client.close();
    },
  })),
  ...(['auto', 'modern'] as const).map((mode) => ({
    name: `2026-07-28/sdk-v2-${mode}`,
    server: 'dual-era' as const,
    async speak(url: string) {
      const { client } = await connectV2(url, `sdk-v2-${mode}`, mode, (asked) => {
        asked.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirm: true } }));
      });
      const listening = await client.listen({ toolsListChanged: true });
      await client.listTools();
      await client.callTool(echo);
      await client.callTool({ name: 'fail' });
      await client.callTool({ name: 'confirm' });
      await client.callTool({ name: 'nothing' }).catch(() => 'told as an error');
      await listening.close();
      await client.close();
    },
  })),
  node('2024-11-05/sdk-v1', 'echo-sse', sdkV1('sse')),
  node('2024-11-05/mcp-remote', 'echo-sse', remote),
  node('2024-11-05/ai-sdk-2', 'echo-sse', aiSdk('@ai-sdk/mcp', 'sse')),
  python('2024-11-05/mcp-python', 'echo-sse', 'sdk_client', { transport: 'sse' }),
  node('2025-11-25/mcp-remote', 'echo', remote),
  node('2025-11-25/mcp-remote-no-sessions', 'dual-era', remote),
  node('2025-11-25/inspector', 'echo', inspector('http')),
  node('2025-11-25/ai-sdk-1', 'echo', aiSdk('ai-sdk-mcp-1', 'http')),
  node('2025-11-25/ai-sdk-2', 'echo', aiSdk('@ai-sdk/mcp', 'http')),
  node('2025-11-25/langchain', 'echo', langchain('http')),
  node('2025-11-25/openai-agents', 'echo', agents),
  node('2025-11-25/mastra', 'echo', mastra),
  python('2025-11-25/mcp-python', 'echo', 'sdk_client'),
  python('2025-11-25/fastmcp', 'echo', 'fastmcp_client'),
  node('2026-07-28/inspector', 'dual-era', inspector('http', 'auto')),
  node('2026-07-28/ai-sdk-2', 'dual-era', aiSdk('@ai-sdk/mcp', 'http')),
  node('2026-07-28/openai-agents', 'dual-era', agents),
  node('2026-07-28/mastra', 'dual-era', mastra),
  python('2026-07-28/mcp-python', 'dual-era', 'sdk_client'),
  python('2026-07-28/fastmcp-traced', 'dual-era', 'fastmcp_client', { traced: true }),
  ...(
    [
      ['2025-06-18/chatgpt-2025', 'chatgpt-2025'],
      ['2025-11-25/chatgpt-2026', 'chatgpt-2026'],
      ['2025-11-25/claude-2026-03', 'claude-2026-03'],
      ['2025-11-25/reconnect-loop', 'reconnect-loop'],
    ] as const
  ).map(([name, profile]) => ({
    name,
    server: 'quiz' as const,
    async speak(url: string) {
      await play({ url, profiles: profiles.filter((each) => each.name === profile), speed: 200, seed: 1, rounds: 1 });
    },
  })),
];

/** Lets a client speak through a relay of its own; gives what the relay told its observer. */
async function record(upstream: string, speak: Conversation['speak']): Promise<WireEvent[]> {
  const { propagation } = servedOptions(upstream);
  const server = servedOptions(upstream, {
    propagation: { ...propagation, server: SERVER, instance: 'recorder', adds: true, maxSessions: 1_000 },
  });
  const { relay, ring, port } = await startTestRelay([server], createRing(RING_BYTES));
  await speak(`http://127.0.0.1:${port}${new URL(upstream).pathname}`);
  await relay.drain(0).closed;
  const events: WireEvent[] = [];
  new RingReader(ring).drain((event) => {
    // The bytes are the ring's only until the handler returns.
    events.push(event.kind === 'bytes' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
  }, Number.POSITIVE_INFINITY);
  return scrub(events);
}

const wanted = process.argv.slice(2);
const chosen = CONVERSATIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const [everything, echoing, dualEra, quiz] = await Promise.all([
  startEverything(),
  startEchoServer(),
  startDualEraServer(),
  startSimulatedServer({ seed: 1 }),
]);
const urls = {
  everything: everything.url,
  echo: echoing.url,
  'echo-sse': echoing.sseUrl,
  'dual-era': dualEra.url,
  quiz: quiz.url,
};
for (const { name, server, speak } of chosen) {
  const lines = (await record(urls[server], speak)).map((event) => `${toLine(event)}\n`).join('');
  if (Buffer.byteLength(lines) > MAX_BYTES) throw new Error(`${name} is too long: ${Buffer.byteLength(lines)} bytes`);
  const file = new URL(`./${name}.jsonl`, import.meta.url);
  mkdirSync(dirname(file.pathname), { recursive: true });
  writeFileSync(file, lines);
  process.stdout.write(`${name}: ${lines.split('\n').length - 1} events, ${Buffer.byteLength(lines)} bytes\n`);
}
await Promise.all([...[everything, echoing, dualEra].map((server) => server[Symbol.asyncDispose]()), quiz.close()]);
