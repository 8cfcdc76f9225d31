import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { json, startPlainServer, type PlainServer } from './plain-server.ts';
import { labelsOf, theSpan, total, traceOf, tree, valuesOf } from './signals.ts';
import { speakTo } from './speaker.ts';

let upstream: PlainServer;
let receiver: OtlpReceiver;

beforeAll(async () => {
  upstream = await startPlainServer();
});
beforeEach(async () => {
  upstream.intercept = () => false;
  receiver = await startOtlpReceiver();
  return () => receiver.close();
});
afterAll(() => upstream[Symbol.asyncDispose]());

const start = (...args: string[]) =>
  startCli(upstream.url, ['--name', 'odd', ...args], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });

describe('ChatGPT of 2026, which was never seen to shake hands', () => {
  it('is known by its User-Agent, and each of its conversations is one trace', async () => {
    await using cli = await start();
    const chat = speakTo(cli.url, { name: 'never said', version: '0' }, { 'user-agent': 'openai-mcp/1.0.0' });
    for (let call = 0; call < 5; call++) await chat.call('echo', { meta: { 'openai/session': 'v1/first' } });
    await chat.call('add', { meta: { 'openai/session': 'v1/second' } });
    expect(await cli.stop()).toBe(0);

    const roots = receiver.spans.filter(({ name }) => name === 'mcp.session');
    expect(roots.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(['v1/first', 'v1/second']);
    const [first] = roots;
    expect(tree(receiver.spans.filter(({ traceId }) => traceId === first?.traceId))).toEqual([
      'mcp.session INTERNAL',
      ...Array.from({ length: 5 }, () => '  tools/call echo SERVER'),
      '  mcp.session.summary INTERNAL',
    ]);
    for (const { attributes } of receiver.spans) {
      expect(attributes).toMatchObject({
        'mcpspan.client': 'chatgpt',
        'mcpspan.session.source': 'conversation',
        'mcp.client.name': 'openai-mcp',
      });
      expect(attributes).not.toHaveProperty('mcp.session.id');
    }
    const labels = { 'mcpspan.client': 'chatgpt', 'mcpspan.session.source': 'conversation' };
    expect(total(receiver, 'mcpspan.tool_calls', { ...labels, 'mcpspan.era': 'legacy' })).toBe(6);
    expect(total(receiver, 'mcpspan.sessions', { ...labels, 'mcpspan.session.opened': 'first-use' })).toBe(2);
    expect(total(receiver, 'mcpspan.handshakes')).toBe(0);
    expect(total(receiver, 'mcpspan.client.verdict', { 'mcpspan.verdict': 'sessionless' })).toBe(1);
    // This is not the duration of a session: derived groups are kept apart from sessions that were named.
    expect(total(receiver, 'mcp.server.session.duration')).toBe(0);
  });
});

describe('ChatGPT of 2025, with a session for every call of one conversation', () => {
  it('is seen to shake hands in vain', async () => {
    await using cli = await start();
    for (let call = 0; call < 5; call++) {
      const session = speakTo(cli.url, { name: 'openai-mcp', version: '1.0.0' }, { 'user-agent': 'openai-mcp/1.0.0' });
      await session.open();
      await session.call('echo', { meta: { 'openai/session': 'v1/one' } });
    }
    expect(await cli.stop()).toBe(0);
    const labels = { 'mcpspan.client': 'chatgpt' };
    expect(total(receiver, 'mcpspan.handshakes', labels)).toBe(5);
    expect(total(receiver, 'mcpspan.handshakes.avoidable', labels)).toBe(4);
    expect(total(receiver, 'mcpspan.client.verdict', { ...labels, 'mcpspan.verdict': 'per-call' })).toBe(1);
    const summaries = receiver.spans.filter(({ name }) => name === 'mcp.session.summary');
    expect(new Set(summaries.map(({ traceId }) => traceId)).size).toBe(5);
    for (const { attributes } of summaries) expect(attributes['gen_ai.conversation.id']).toBe('v1/one');
  });
});

describe('a client that has to sign in', () => {
  it('is refused in a trace of its own, then opens its session; its token goes nowhere', async () => {
    upstream.intercept = ({ headers }, response) => {
      if (headers.authorization !== undefined) return false;
      response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1/.well-known"' }).end();
      return true;
    };
    await using cli = await start();
    const client = { name: 'signs-in', version: '1.0.0' };
    expect(await speakTo(cli.url, client).open()).toBe(401);
    const known = speakTo(cli.url, client, { authorization: 'Bearer marker-of-a-token' });
    expect(await known.open()).toBe(200);
    await known.call('echo');
    expect(await cli.stop()).toBe(0);

    const refused = theSpan(receiver.spans, 'initialize', { 'mcpspan.handshake.kind': 'unauthorized' });
    expect(refused).toMatchObject({
      parentSpanId: undefined,
      status: { code: 'unset' },
      attributes: { 'http.response.status_code': 401 },
    });
    expect(refused.attributes).not.toHaveProperty('error.type');
    const spans = traceOf(receiver.spans, known.sessionId);
    expect(spans.map(({ traceId }) => traceId)).not.toContain(refused.traceId);
    expect(theSpan(spans, 'initialize').attributes['mcpspan.handshake.kind']).toBe('initialize');
    expect(theSpan(spans, 'mcp.session.summary').attributes['mcpspan.summary.handshakes']).toBe(1);
    for (const kind of ['unauthorized', 'initialize']) {
      expect(total(receiver, 'mcpspan.handshakes', { 'mcpspan.handshake.kind': kind }), kind).toBe(1);
    }
    expect(total(receiver, 'mcpspan.sessions')).toBe(1);
    const labels = { 'http.response.status_code': 401, 'mcp.method.name': 'initialize' };
    expect(total(receiver, 'mcpspan.http.rejections', labels)).toBe(1);
    expect(Buffer.concat([...receiver.raw]).toString('latin1')).not.toContain('marker-of-a-token');
  });
});

describe('a scanner', () => {
  const TRIES = 150;

  it.each([
    { how: 'with a JSON-RPC error', status: 200 },
    { how: 'by HTTP', status: 404 },
  ])('that is refused $how fills neither labels, nor span names, nor the trace store', async ({ status }) => {
    if (status !== 200) {
      upstream.intercept = (_, response) => {
        json(response, status, {});
        return true;
      };
    }
    await using cli = await start('--group', 'none');
    for (let index = 0; index < TRIES; index++) {
      const speaker = speakTo(cli.url, { name: '', version: '' }, { 'user-agent': `scanner-${index}/1.0` });
      await speaker.send({ id: index, method: `probe_${index}/run` });
      await speaker.call(`exec_${index}`);
      await speaker.send({ id: index, method: 'prompts/get', params: { name: `prompt_${index}` } });
    }
    expect(await cli.stop()).toBe(0);

    expect(receiver.spans.length).toBeGreaterThan(0);
    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBeLessThanOrEqual(60);
    expect(receiver.spans.length).toBeLessThanOrEqual(60);
    expect(total(receiver, 'mcpspan.self.traces_withheld')).toBe(3 * TRIES - receiver.spans.length);
    // Of tools and of prompts 32 unproven names each become labels; all others share one label.
    expect(new Set(receiver.spans.map(({ name }) => name)).size).toBeLessThanOrEqual(2 * 33 + 1);
    const durations = 'mcp.server.operation.duration';
    const methods = new Set(valuesOf(receiver, durations, 'mcp.method.name'));
    expect(methods).toEqual(new Set(['_OTHER', 'prompts/get', 'tools/call']));
    expect(valuesOf(receiver, durations, 'gen_ai.tool.name').length).toBeLessThanOrEqual(34);
    expect(valuesOf(receiver, durations, 'gen_ai.prompt.name').length).toBeLessThanOrEqual(34);
    expect(valuesOf(receiver, durations, 'mcpspan.client')).toEqual(['_OTHER']);
    for (const { name } of receiver.metrics) expect(labelsOf(receiver, name).length, name).toBeLessThanOrEqual(140);
    expect(total(receiver, durations)).toBe(3 * TRIES);
    expect(total(receiver, 'mcpspan.sessions')).toBe(0);
    expect(total(receiver, 'mcpspan.self.labels_folded')).toBeGreaterThan(0);
  });
});
