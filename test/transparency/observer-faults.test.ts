import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAnswer } from '../support/http-message.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';
import { connectRaw } from '../support/raw.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { FAULT_CHANNEL } from './observers/announce.ts';
import { carry, type Row } from './row.ts';
import { answer, ask, CALL, chunk, LAST_CHUNK, noise, post, RESULT, STREAM_HEAD } from './traffic.ts';

const ROWS: readonly Row[] = [
  { name: 'a call', request: post(CALL), answer: answer('200 OK', RESULT, ['Content-Type: application/json']) },
  {
    name: 'an event stream',
    request: ask('GET /mcp', ['Mcp-Session-Id: 1']),
    answer: Buffer.concat([
      Buffer.from(STREAM_HEAD),
      ...Array.from({ length: 50 }, (_, id) => chunk(`id: ${id}\ndata: ${RESULT}\n\n`)),
      Buffer.from(LAST_CHUNK),
    ]),
  },
  { name: 'a body of 1 MB, both ways', request: post(noise(1_000_000)), answer: answer('200 OK', noise(1_000_000)) },
];

// The blocked observers never wake up: if traffic waited for them, it would not pass at all.
describe.each([
  { fault: 'throws at start', script: 'throws-at-start' },
  { fault: 'exits at start', script: 'exits-at-start' },
  { fault: 'blocks its thread at start', script: 'blocks-at-start' },
  { fault: 'blocks its thread once it is ready', script: 'blocks-when-ready' },
  { fault: 'never reads what it is told', script: 'never-reads' },
  { fault: 'throws while it reads', script: 'throws-while-reading' },
  { fault: 'exits while it reads', script: 'exits-while-reading' },
])('with an observer that $fault', ({ script }) => {
  let upstream: Upstream;
  let proxy: TestProxy;
  let faults = 0;
  let changed = Promise.withResolvers<void>();
  const channel = new BroadcastChannel(FAULT_CHANNEL);
  channel.onmessage = () => {
    faults++;
    changed.resolve();
    changed = Promise.withResolvers();
  };

  beforeAll(async () => {
    upstream = await startUpstream();
    const observerEntry = new URL(`./observers/${script}.ts`, import.meta.url);
    // A page is a reason to observe. The rows below fill the least room for copies many times over.
    const flags = ['--page', '127.0.0.1:0', '--observe-credit-bytes', '65536'];
    proxy = await startTestProxy(upstream.url, flags, { observerEntry });
    while (faults === 0) await changed.promise;
  });
  afterAll(async () => {
    channel.close();
    await proxy.stop();
    await upstream.close();
  });

  it.each(ROWS)('$name passes unchanged, again and again', async (row) => {
    const direct = await carry(row, 'direct', upstream, upstream.port);
    for (let round = 0; round < 20; round++) {
      expect(await carry(row, 'proxied', upstream, proxy.port)).toEqual(direct);
    }
  });

  it('one connection goes on for two hundred calls', async () => {
    upstream.script = async ({ body, wire }) => {
      await wire.send(answer('200 OK', (await body()).bytes));
    };
    await using client = await connectRaw(proxy.port);
    for (let index = 0; index < 200; index++) {
      await client.send(post(`{"id":${index}}`));
      expect((await readAnswer(client)).body.bytes.toString()).toBe(`{"id":${index}}`);
    }
  });

  if (script.endsWith('while-reading')) {
    it('calls go on through the next deaths too', async () => {
      upstream.script = async ({ body, wire }) => {
        await wire.send(answer('200 OK', (await body()).bytes));
      };
      await using client = await connectRaw(proxy.port);
      for (const until = faults + 2; faults < until;) {
        await client.send(post(CALL));
        expect((await readAnswer(client)).body.bytes.toString()).toBe(CALL);
      }
    });

    it('people are told once, however often it dies', () => {
      expect(proxy.said.filter((line) => line.includes('observer'))).toHaveLength(1);
    });
  }
});
