import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RESPONSE } from '../../src/collect/otlp-definitions.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../src/collect/otlp-receiver.ts';

let receiver: OtlpReceiver;
let url: string;
let names: string[];
let rejected: number;
let isFull: boolean;
let refused: number[];

async function start(token?: string): Promise<void> {
  names = [];
  rejected = 0;
  isFull = false;
  refused = [];
  receiver = await startOtlpReceiver({
    listen: { host: '127.0.0.1', port: 0 },
    token,
    take: (spans) => {
      for (const { name } of spans) names.push(name);
      return { rejected };
    },
    isFull: () => isFull,
    onRefused: (status) => void refused.push(status),
  });
  url = `http://127.0.0.1:${receiver.port}/v1/traces`;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const one = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'tools/call' }] }] }] });
const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = JSON_TYPE): Promise<Response> =>
  fetch(url, { method: 'POST', headers, body });

describe('a receiver', () => {
  beforeEach(() => start());
  afterEach(() => receiver.close());

  it('takes JSON and protobuf, plain and gzip, and answers in kind', async () => {
    const asJson = await post(one);
    expect([asJson.status, await asJson.json()]).toEqual([200, {}]);
    expect((await post(new Uint8Array(gzipSync(one)), { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(200);
    const empty = await post(new Uint8Array(), { 'content-type': 'application/x-protobuf' });
    expect(empty.status).toBe(200);
    expect(empty.headers.get('content-type')).toBe('application/x-protobuf');
    expect(names).toEqual(['tools/call', 'tools/call']);
  });

  it('says how many spans there was no room for', async () => {
    rejected = 3;
    expect(await (await post(one)).json()).toEqual({
      partialSuccess: { rejectedSpans: 3, errorMessage: 'there was no room for these spans' },
    });
    const answer = await post(new Uint8Array(), { 'content-type': 'application/x-protobuf' });
    const { partialSuccess } = RESPONSE.toObject(RESPONSE.decode(new Uint8Array(await answer.arrayBuffer())), {
      longs: Number,
    }) as { partialSuccess?: { rejectedSpans: number } };
    expect(partialSuccess?.rejectedSpans).toBe(3);
  });

  it('asks senders to come again while there is no room', async () => {
    isFull = true;
    const answer = await post(one);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(names).toEqual([]);
  });

  it.each<[string, number, () => Promise<Response>]>([
    ['garbage', 400, () => post('garbage')],
    ['broken gzip', 400, () => post('garbage', { ...JSON_TYPE, 'content-encoding': 'gzip' })],
    ['another content type', 415, () => post(one, { 'content-type': 'text/plain' })],
    ['another content coding', 415, () => post(one, { ...JSON_TYPE, 'content-encoding': 'br' })],
    ['another method', 405, () => fetch(url)],
    [
      'another path',
      404,
      () => fetch(url.replace('traces', 'logs'), { method: 'POST', headers: JSON_TYPE, body: '{}' }),
    ],
    ['a body of more than 16 MB', 413, () => post(new Uint8Array(17_000_000))],
    [
      'a body of more than 64 MB, unpacked',
      413,
      () => post(new Uint8Array(gzipSync(Buffer.alloc(70_000_000))), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    ],
  ])('refuses %s with %i, and goes on', async (_, status, send) => {
    const answer = await send().catch(() => undefined);
    // A sender that still writes when it is refused may see the connection end instead.
    if (answer !== undefined) expect(answer.status).toBe(status);
    expect(refused).toEqual([status]);
    expect((await post(one)).status).toBe(200);
  });
});

describe('a receiver with a token', () => {
  beforeEach(() => start('secret'));
  afterEach(() => receiver.close());

  it('takes spans from those who send it', async () => {
    expect((await post(one)).status).toBe(401);
    expect((await post(one, { ...JSON_TYPE, authorization: 'Bearer other' })).status).toBe(401);
    expect((await post(one, { ...JSON_TYPE, authorization: 'Bearer secret' })).status).toBe(200);
    expect(names).toEqual(['tools/call']);
  });
});
