import { expect, it } from 'vitest';
import { RingReader } from '../../../src/transport/wire/ring-reader.ts';
import { readAnswer } from '../../support/http-message.ts';
import { connectRaw } from '../../support/raw.ts';
import { servedOptions, startTestRelay } from '../../support/relay.ts';
import { startUpstream } from '../../support/upstream.ts';

const UPLOAD = 'x'.repeat(3_000_000);

it('an upload that is answered early is copied whole, and its exchange closes once, when both have ended', async () => {
  await using upstream = await startUpstream(async ({ body, wire }) => {
    await wire.send('HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok');
    await body();
  });
  const test = await startTestRelay([servedOptions(upstream.url, { maxMessageBytes: UPLOAD.length })]);
  const { relay, ring, port } = test;
  const told: string[] = [];
  let copied = 0;
  const reader = new RingReader(ring);
  const drain = (): void => {
    reader.drain((event) => {
      if (event.kind === 'bytes' && event.direction === 'to-server') copied += event.bytes.length;
      else told.push(event.kind === 'closed' ? `${event.kind} ${event.reason}` : event.kind);
    }, Infinity);
  };
  try {
    for (const round of [1, 2]) {
      await using client = await connectRaw(port);
      await client.send(`POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${UPLOAD.length}\r\n\r\n`);
      expect((await readAnswer(client)).status).toBe(202);
      drain();
      expect(told).toEqual(['opened', 'answered', 'bytes']);
      await client.send(UPLOAD);
      await expect.poll(() => (drain(), told.length)).toBe(5);
      expect(told.splice(0)).toEqual(['opened', 'answered', 'bytes', 'requested', 'closed complete']);
      expect(copied).toBe(round * UPLOAD.length);
    }
  } finally {
    await relay.drain(0).closed;
  }
});
