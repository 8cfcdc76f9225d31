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
import { startRelay } from '../../src/transport/http.ts';
import { RingReader } from '../../src/transport/ring-reader.ts';
import { createRing } from '../../src/transport/ring.ts';
import type { WireEvent } from '../../src/transport/wire-event.ts';
import { connectV1, connectV2 } from '../e2e/clients.ts';
import { startEverything } from '../e2e/everything.ts';
import { startDualEraServer } from '../support/dual-era-server.ts';
import { scrub, SERVER } from './scrub.ts';
import { toLine } from './wire-lines.ts';

const MOST_BYTES = 60_000;
const RING_BYTES = 1 << 24;

interface Conversation {
  /** Under `test/recordings/`, without the ending. */
  name: string;
  server: 'everything' | 'dual-era' | 'quiz';
  speak(url: string): Promise<void>;
}

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
  const ring = createRing(RING_BYTES);
  const relay = await startRelay({
    upstream,
    listen: { host: '127.0.0.1', port: 0 },
    reusePort: false,
    upstreamHost: 'auto',
    allowHost: [],
    allowOrigin: [],
    connectTimeoutSeconds: 5,
    maxMessageBytes: 1_048_576,
    intoMeta: false,
    propagation: {
      server: SERVER,
      instance: 'recorder',
      thread: 0,
      adds: true,
      followsCaller: false,
      sampler: { root: 'always_on', ratio: 1 },
      maxSessions: 1_000,
      segmentOperations: 1_000,
      segmentSeconds: 3_600,
    },
    ring,
    observed: true,
  });
  await speak(`http://127.0.0.1:${relay.port}${new URL(upstream).pathname}`);
  await relay.drain(0);
  const events: WireEvent[] = [];
  new RingReader(ring).drain((event) => {
    // The bytes are the ring's only until the handler returns.
    events.push(event.kind === 'bytes' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
  }, Number.POSITIVE_INFINITY);
  return scrub(events);
}

const wanted = process.argv.slice(2);
const chosen = CONVERSATIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const [everything, dualEra, quiz] = await Promise.all([
  startEverything(),
  startDualEraServer(),
  startSimulatedServer({ seed: 1 }),
]);
const urls = { everything: everything.url, 'dual-era': dualEra.url, quiz: quiz.url };
for (const { name, server, speak } of chosen) {
  const lines = (await record(urls[server], speak)).map((event) => `${toLine(event)}\n`).join('');
  if (Buffer.byteLength(lines) > MOST_BYTES) throw new Error(`${name} is too long: ${Buffer.byteLength(lines)} bytes`);
  const file = new URL(`./${name}.jsonl`, import.meta.url);
  mkdirSync(dirname(file.pathname), { recursive: true });
  writeFileSync(file, lines);
  process.stdout.write(`${name}: ${lines.split('\n').length - 1} events, ${Buffer.byteLength(lines)} bytes\n`);
}
await Promise.all([everything[Symbol.asyncDispose](), dualEra[Symbol.asyncDispose](), quiz.close()]);
