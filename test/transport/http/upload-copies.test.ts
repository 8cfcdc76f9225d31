import { expect, it } from 'vitest';
import { startRelay } from '../../../src/transport/http/relay.ts';
import { RingReader } from '../../../src/transport/wire/ring-reader.ts';
import { createRing } from '../../../src/transport/wire/ring-writer.ts';
import { readAnswer } from '../../support/http-message.ts';
import { connectRaw } from '../../support/raw.ts';
import { startUpstream } from '../../support/upstream.ts';

const UPLOAD = 'x'.repeat(3_000_000);

it('an upload that is answered early is copied whole, and its exchange closes once, when both have ended', async () => {
  await using upstream = await startUpstream(async ({ body, wire }) => {
    await wire.send('HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok');
    await body();
  });
  const ring = createRing(16_777_216);
  const relay = await startRelay({
    upstream: upstream.url,
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    certificates: { authorities: undefined, client: undefined },
    reusePort: false,
    upstreamHost: 'auto',
    allowHost: [],
    allowOrigin: [],
    connectTimeoutSeconds: 1,
    peerKey: 'key',
    maxMessageBytes: UPLOAD.length,
    propagation: {
      server: 's',
      instance: 'i',
      thread: 0,
      adds: false,
      followsCaller: false,
      sampler: { root: 'always_on', ratio: 1 },
      maxSessions: 1,
      segmentOperations: 1,
      segmentSeconds: 1,
    },
    intoMeta: false,
    ring,
    observed: true,
  });
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
      await using client = await connectRaw(relay.port);
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
