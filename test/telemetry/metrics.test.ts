import { describe, expect, it } from 'vitest';
import { notification, request, result, SERVER, toolCall, type Conversation } from '../support/conversation.ts';
import { only, pointsAfter, startRecorder } from './recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
const CURSOR = { 'mcpspan.server': SERVER, 'mcpspan.client': 'cursor' };

describe('repeated calls', () => {
  it('are counted from the fifth in a row on, by client and tool', async () => {
    const points = await pointsAfter('mcpspan.tool_calls.repeated', (talk) => {
      talk.initialize('s1');
      for (let time = 0; time < 7; time++) talk.call('s1');
      talk.call('s1', 'other');
    });
    expect(only(points)).toMatchObject({ value: 3, labels: { ...CURSOR, 'gen_ai.tool.name': 'quiz' } });
  });
});

describe('the sizes of definitions', () => {
  const definition = (name: string, more = '') => ({ name, description: more });
  const list = (talk: Conversation, id: number, ...tools: readonly unknown[]) =>
    talk.ask(request(id, 'tools/list'), result(id, { tools }), SESSION);

  it('are those of the tools that the server lists now', async () => {
    const recorder = startRecorder({ surface: true });
    const { talk, metrics } = recorder;
    talk.initialize('s1');
    list(talk, 1, definition('gone'), definition('quiz'));
    talk.clock.advance(3_600_001);
    list(talk, 2, definition('quiz', 'x'.repeat(100)));
    const { unit, points } = (await metrics()).get('mcpspan.tools.definition.bytes') ?? {};
    expect(unit).toBe('By');
    expect(points).toMatchObject([{ value: 132, labels: { 'mcpspan.server': SERVER, 'gen_ai.tool.name': 'quiz' } }]);
    expect(points).toHaveLength(1);
  });
});

describe('the latency of operations', () => {
  it('has the labels and the buckets that the conventions ask for [OTEL-METRIC-1]', async () => {
    const points = await pointsAfter('mcp.server.operation.duration', (talk) => {
      talk.initialize('s1');
      talk.call('s1');
    });
    const call = points.find(({ labels }) => labels['mcp.method.name'] === 'tools/call');
    expect(call?.labels).toEqual({
      ...CURSOR,
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'quiz',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
    });
    expect(call).toMatchObject({ count: 1, value: 0.012 });
    expect(call?.boundaries).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]);
  });

  it('is that of the client for what the server asks [OTEL-METRIC-2]', async () => {
    const points = await pointsAfter('mcp.client.operation.duration', (talk) => {
      talk.initialize('s1');
      const call = talk.post(toolCall(9), SESSION);
      call.stream();
      call.event(request(1, 'sampling/createMessage'));
      talk.clock.advance(2_000);
      talk.post(result(1), SESSION).answer(202);
    });
    expect(only(points)).toMatchObject({ value: 2, labels: { 'mcp.method.name': 'sampling/createMessage' } });
  });

  it('holds no standing stream [MCP-STREAM-3]', async () => {
    const points = await pointsAfter('mcp.server.operation.duration', (talk) => {
      const listen = talk.post(request('l', 'subscriptions/listen'));
      listen.stream();
      talk.clock.advance(3_600_000);
      listen.close('client-left');
      talk.send({ method: 'GET', headers: SESSION }).stream();
    });
    expect(points).toEqual([]);
  });

  it('holds no call that was refused at the door', async () => {
    const refuse = (talk: Conversation) => talk.post(toolCall(1)).answer(401);
    expect(await pointsAfter('mcp.server.operation.duration', refuse)).toEqual([]);
    expect(await pointsAfter('mcpspan.tool_calls', refuse)).toEqual([]);
    expect(only(await pointsAfter('mcpspan.http.rejections', refuse))).toMatchObject({
      value: 1,
      labels: { 'http.response.status_code': 401, 'mcp.method.name': 'tools/call' },
    });
  });

  it.each([
    ['methods', request(1, 'acme/anything'), 'mcp.method.name'],
    [
      'revisions',
      request(1, 'ping', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } }),
      'mcp.protocol.version',
    ],
  ])('has bounded %s', async (_, message, label) => {
    const points = await pointsAfter('mcp.server.operation.duration', (talk) => talk.ask(message, result(1)));
    expect(only(points).labels[label]).toBe('_OTHER');
  });

  it('never has an id, a URI or a user agent as a label [OTEL-METRIC-3]', async () => {
    const recorder = startRecorder();
    const { talk } = recorder;
    const agent = { 'User-Agent': 'zed/9.9.9 (secret)', Authorization: 'Bearer token' };
    talk.initialize('session-id', { name: 'zed', version: '9.9.9' }, agent);
    const meta = { 'openai/session': 'conversation-id', 'claudecode/toolUseId': 'call-id' };
    talk.ask(toolCall('request-id', 'quiz', { _meta: meta }), result('request-id'), {
      'Mcp-Session-Id': 'session-id',
      ...agent,
    });
    talk.ask(request(2, 'resources/read', { uri: 'quiz://secret-uri' }), result(2), agent);
    talk.tracker.shutdown(talk.clock.now());
    const metrics = await recorder.metrics();
    const text = JSON.stringify([...metrics.values()].flatMap(({ points }) => points.map(({ labels }) => labels)));
    expect(metrics.size).toBeGreaterThan(15);
    for (const secret of ['session-id', 'conversation-id', 'call-id', 'request-id', 'secret', '9.9.9', 'token'])
      expect(text).not.toContain(secret);
  });
});

describe('other figures', () => {
  it('verdicts: 1 for the present one, 0 for earlier ones', async () => {
    const points = await pointsAfter('mcpspan.client.verdict', (talk) => {
      for (let index = 0; index < 5; index++) talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1' });
      for (let index = 0; index < 24; index++) {
        talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1', 'MCP-Protocol-Version': '2026-07-28' });
      }
    });
    expect(points.map(({ labels, value }) => [labels['mcpspan.client'], labels['mcpspan.verdict'], value])).toEqual([
      ['zed', 'sessionless', 0],
      ['zed', 'modern', 1],
    ]);
  });

  it('discoveries, by whether they could be avoided', async () => {
    const points = await pointsAfter('mcpspan.discoveries', (talk) => {
      talk.initialize('s1');
      for (let id = 0; id < 3; id++) talk.ask(request(id, 'tools/list'), result(id, { tools: [] }), SESSION);
    });
    expect(points.map(({ labels, value }) => [labels['mcp.method.name'], labels['mcpspan.avoidable'], value])).toEqual([
      ['tools/list', 'false', 1],
      ['tools/list', 'true', 2],
    ]);
  });

  it('sizes of messages, both ways', async () => {
    const points = await pointsAfter('mcpspan.message.bytes', (talk) => talk.ask(toolCall(1), result(1, { a: 'é' })));
    const bytes = (message: object) => Buffer.byteLength(JSON.stringify(message));
    expect(points.map(({ labels, value }) => [labels['mcpspan.direction'], labels['gen_ai.tool.name'], value])).toEqual(
      [
        ['to-server', 'quiz', bytes(toolCall(1))],
        ['to-client', 'quiz', bytes(result(1, { a: 'é' }))],
      ],
    );
  });

  it('streams, open and closed', async () => {
    const { talk, points } = startRecorder();
    talk.initialize('s1');
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    expect(only(await points('mcpspan.streams.open'))).toMatchObject({
      value: 1,
      labels: { ...CURSOR, 'mcpspan.stream.kind': 'get' },
    });
    talk.clock.advance(5_000);
    stream.close('client-left');
    expect(only(await points('mcpspan.streams.open')).value).toBe(0);
    expect(only(await points('mcpspan.stream.duration'))).toMatchObject({ value: 5 });
  });

  it('notifications, cancellations and anomalies', async () => {
    const recorder = startRecorder();
    const { talk } = recorder;
    talk.initialize('s1');
    const call = talk.post(toolCall(1), SESSION);
    call.stream();
    call.event(notification('notifications/acme'));
    talk.post(notification('notifications/cancelled', { requestId: 1 }), SESSION).answer(202);
    talk.post('{', SESSION).answer(400);
    const labelled = async (name: string, label: string) =>
      (await recorder.points(name)).map(({ labels, value }) => [labels[label], value]);
    expect(await labelled('mcpspan.notifications', 'mcp.method.name')).toEqual([
      ['_OTHER', 1],
      ['notifications/cancelled', 1],
    ]);
    expect(await labelled('mcpspan.cancellations', 'mcp.method.name')).toEqual([['tools/call', 1]]);
    expect(await labelled('mcpspan.anomalies', 'mcpspan.anomaly')).toEqual([['not-json', 1]]);
    expect(only(await recorder.points('mcpspan.anomalies')).labels).not.toHaveProperty('mcpspan.client');
  });

  it('our own, by server alone', async () => {
    const recorder = startRecorder();
    recorder.talk.call(undefined);
    for (const [name, value] of [
      ['copies_dropped', 1],
      ['observer_restarts', 2],
      ['export_failures', 3],
      ['labels_folded', 4],
      ['traces_withheld', 5],
    ] as const) {
      expect(only(await recorder.points(`mcpspan.self.${name}`))).toMatchObject({
        value,
        labels: { 'mcpspan.server': SERVER },
      });
    }
    for (const [name, values] of [
      ['items_lost', { spans: 6, logs: 0 }],
      ['spool_items', { spans: 7 }],
      ['spool_bytes', { spans: 8 }],
    ] as const) {
      const points = await recorder.points(`mcpspan.self.${name}`);
      expect(Object.fromEntries(points.map(({ labels, value }) => [labels['mcpspan.signal'], value]))).toEqual(values);
    }
    expect(only(await recorder.points('mcpspan.self.relay_delay'))).toMatchObject({
      count: 1,
      labels: { 'mcpspan.server': SERVER },
    });
  });
});

describe('the label sets of an instrument', () => {
  it('are bounded: beyond 4 000 names are _OTHER, and counted', async () => {
    const options = { 'max-clients': 5_000, 'max-tools': 10 };
    const recorder = startRecorder(options);
    for (let index = 0; index < 4_100; index++)
      recorder.talk.call(undefined, 'quiz', { 'User-Agent': `bot${index}/1` });
    const points = await recorder.points('mcpspan.tool_calls');
    expect(points).toHaveLength(4_001);
    expect(recorder.folded()).toBeGreaterThanOrEqual(100);
    expect(points.find(({ labels }) => labels['mcpspan.client'] === '_OTHER')?.value).toBe(100);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(4_100);
  });
});
