import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAnswer, type Answer } from '../support/http-message.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { connectRaw } from '../support/raw.ts';
import { startCli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { theSpan } from './signals.ts';
import { speakTo } from './speaker.ts';

let upstream: PlainServer;
beforeAll(async () => {
  upstream = await startPlainServer();
});
beforeEach(() => {
  upstream.arrived.length = 0;
});
afterAll(() => upstream[Symbol.asyncDispose]());

const INITIALIZE = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`;
const CALL = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{}}}`;

async function exchange(port: number, head: readonly string[], body: string): Promise<Answer> {
  await using wire = await connectRaw(port);
  const fields = ['Host: example.localhost', ...head, `Content-Length: ${Buffer.byteLength(body)}`];
  await wire.send(`POST /mcp HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body}`);
  return await readAnswer(wire);
}

/** A handshake and a call in its session; gives the headers the server received, the session's id left out. */
async function talk(port: number): Promise<string[][]> {
  upstream.arrived.length = 0;
  const common = [
    'Accept: application/json, text/event-stream',
    'CONTENT-type: application/json',
    'X-Twice: 1',
    'X-Twice: 2',
  ];
  const opened = await exchange(port, common, INITIALIZE);
  const id = opened.head.fields.find(([name]) => name.toLowerCase() === 'mcp-session-id')?.[1] ?? '';
  await exchange(port, [`MCP-Session-Id: ${id}`, ...common, 'tracestate: vendor=1'], CALL);
  // That these headers change their place is a known exception to transparency.
  const moved = new Set(['connection', 'content-length', 'host']);
  return upstream.arrived.map(({ rawHeaders }) => {
    const fields: string[] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
      if (!moved.has(name.toLowerCase())) fields.push(`${name}: ${value.replace(id, '(id)')}`);
    }
    return fields;
  });
}

describe.each([
  { what: 'no OTEL_* variable', env: {} },
  { what: 'OTEL_SDK_DISABLED', env: { OTEL_SDK_DISABLED: 'true' } },
  { what: 'metrics only', env: { OTEL_TRACES_EXPORTER: 'none' } },
])('with $what', ({ env }) => {
  it('the server receives the headers that it would receive directly, and no span leaves', async () => {
    await using receiver = await startOtlpReceiver();
    const endpoint = Object.keys(env).length > 0 ? { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } : {};
    await using cli = await startCli(upstream.url, [], { ...endpoint, ...env });
    const direct = await talk(upstream.port);
    expect(direct[1]).toContain('MCP-Session-Id: (id)');
    expect(await talk(cli.port)).toEqual(direct);
    expect(await cli.stop()).toBe(0);
    const paths = new Set(receiver.requests.map(({ path }) => path));
    const metricsOnly = 'OTEL_TRACES_EXPORTER' in env;
    expect(paths).toEqual(new Set(metricsOnly ? ['/v1/metrics', '/v1/logs'] : []));
    expect(cli.stderr().includes('nothing leaves this machine')).toBe(!metricsOnly);
    expect(cli.stdout()).toBe('');
  });
});

describe('with --hash-ids', () => {
  it('ids leave only as hashes, in every signal', async () => {
    await using receiver = await startOtlpReceiver();
    await using cli = await startCli(upstream.url, ['--hash-ids', '--name', 'hashed'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });
    const speaker = speakTo(cli.url, { name: 'openai-mcp', version: '1.0.0' });
    await speaker.open();
    const conversation = 'v1/a-conversation-of-somebody';
    await speaker.call('echo', { meta: { 'openai/session': conversation, 'claudecode/toolUseId': 'toolu_marker' } });
    expect(await cli.stop()).toBe(0);
    const { attributes } = theSpan(receiver.spans, 'tools/call echo');
    for (const name of ['mcp.session.id', 'gen_ai.conversation.id', 'gen_ai.tool.call.id']) {
      expect(attributes[name], name).toMatch(/^[0-9a-f]{16}$/);
    }
    expect(theSpan(receiver.spans, 'mcp.session').attributes['mcp.session.id']).toBe(attributes['mcp.session.id']);
    const sent = Buffer.concat([...receiver.raw]).toString('latin1');
    expect(sent).toContain('tools/call echo');
    for (const id of [speaker.sessionId ?? '', conversation, 'toolu_marker']) expect(sent).not.toContain(id);
  });
});
