import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { textMemory } from '../../src/json/block-scan.ts';
import { Body, type BodySink } from '../../src/observe/body.ts';
import { ExchangeReader } from '../../src/observe/exchanges.ts';
import { textPool } from '../../src/observe/text-pool.ts';

const MOST = 20_000;
const text = 'a "quoted"\\\n line, é and {[braces\t'.repeat(160);
const json = Buffer.from(JSON.stringify({ result: { content: [{ type: 'text', text }], isError: false }, id: 7 }));
const event = Buffer.concat([Buffer.from('event: message\ndata: '), json, Buffer.from('\n\n')]);
const value = { result: { isError: false }, id: 7 };

interface Reading {
  body: Body;
  values: unknown[];
  anomalies: string[];
}

function reading(options: { streaming?: boolean; encoding?: string } & Partial<BodySink> = {}): Reading {
  const { streaming = false, encoding, ...sink } = options;
  const values: unknown[] = [];
  const anomalies: string[] = [];
  const body = new Body({
    streaming,
    encoding,
    maxBytes: MOST,
    pool: textPool,
    sink: {
      messages: (messages) => values.push(...messages.map((message) => message.value)),
      anomaly: (what) => anomalies.push(what),
      resumable: () => {},
      endpoint: () => {},
      done: () => {},
      ...sink,
    },
  });
  return { body, values, anomalies };
}

/** Reads chunks that are written over after their push. */
function readAll(body: Body, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) {
    const borrowed = Buffer.from(new SharedArrayBuffer(chunk.length));
    borrowed.set(chunk);
    body.push(borrowed);
    borrowed.fill(0x22);
  }
  body.end(true);
  body.finish();
}

function allIsGivenBack(): boolean {
  const all = textPool.take(textMemory.length);
  textPool.give(all);
  return all.buffer === textMemory.buffer;
}

describe('a body', () => {
  it.each([
    ['a JSON text', false, json],
    ['an event', true, event],
  ])('that is %s is read wherever it is split, and its memory given back', (_, streaming, bytes) => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const { body, values } = reading({ streaming });
      readAll(body, [bytes.subarray(0, at), bytes.subarray(at)]);
      expect(values, `split at ${at}`).toEqual([value]);
      expect(allIsGivenBack(), `split at ${at}`).toBe(true);
    }
  });

  it.each([
    ['JSON text', false, Buffer.alloc(MOST + 1, 0x20)],
    ['event', true, Buffer.from(`data: ${'x'.repeat(MOST + 1)}\n\n`)],
  ])('that is too large a %s gives back its memory at once', (_, streaming, bytes) => {
    for (const size of [100, 9_000, bytes.length]) {
      const { body, anomalies } = reading({ streaming });
      for (let at = 0; at < bytes.length; at += size) body.push(bytes.subarray(at, at + size));
      expect(anomalies).toEqual(['too-large']);
      expect(allIsGivenBack()).toBe(true);
    }
  });

  it.each([
    ['a JSON text', false, json],
    ['an event', true, event],
  ])('that is %s gives back its memory when it is closed early, or when reading it fails', (_, streaming, bytes) => {
    const closed = reading({ streaming });
    closed.body.push(bytes.subarray(0, -2));
    expect(allIsGivenBack()).toBe(false);
    closed.body.close();
    expect(allIsGivenBack()).toBe(true);
    const failing = reading({
      streaming,
      messages: () => {
        throw new Error('no');
      },
    });
    expect(() => readAll(failing.body, [bytes.subarray(0, 9), bytes.subarray(9)])).toThrow('no');
    expect(allIsGivenBack()).toBe(true);
  });

  it('in a content coding gives back its memory', async () => {
    const ended = Promise.withResolvers<void>();
    const { body, values } = reading({ encoding: 'gzip', done: () => ended.resolve() });
    body.push(gzipSync(json));
    body.end(true);
    await ended.promise;
    expect(allIsGivenBack()).toBe(false);
    body.finish();
    expect(values).toEqual([value]);
    expect(allIsGivenBack()).toBe(true);
  });

  it('of a request that was cut short gives back its memory with the end of the exchange', () => {
    const reader = new ExchangeReader(() => {}, MOST);
    const headers = ['content-type', 'application/json'];
    const carrier = { kind: 'http', method: 'POST', target: '/mcp', httpVersion: '1.1', headers } as const;
    reader.take({ kind: 'opened', exchange: 0, at: 1, carrier });
    reader.take({ kind: 'bytes', exchange: 0, at: 2, direction: 'to-server', bytes: json });
    expect(allIsGivenBack()).toBe(false);
    reader.take({ kind: 'closed', exchange: 0, at: 3, reason: 'client-left', size: 0 });
    expect(allIsGivenBack()).toBe(true);
  });
});
