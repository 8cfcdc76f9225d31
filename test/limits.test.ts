import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { ExchangeReader } from '../src/observe/exchanges.ts';
import { Delivery } from '../src/delivery/delivery.ts';
import { Copier } from '../src/transport/http/exchange-tap.ts';
import { RingReader } from '../src/transport/wire/ring-reader.ts';
import { createRing, RingWriter } from '../src/transport/wire/ring-writer.ts';
import { Slots } from '../src/transport/wire/slots.ts';
import { failure, request, result, startConversation, toolCall, type Conversation } from './support/conversation.ts';
import { startRecorder, type Recorder } from './telemetry/recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };

/** How often this is in the counter of anomalies. */
async function anomalies(recorder: Recorder, what: string): Promise<number> {
  const points = await recorder.points('mcpspan.anomalies');
  return points.find(({ labels }) => labels['mcpspan.anomaly'] === what)?.value ?? 0;
}

/** Opens a session whose server asks so often and never hears an answer. */
function askInVain(talk: Conversation, sessionId: string, times: number): void {
  talk.initialize(sessionId);
  const stream = talk.send({ method: 'GET', headers: { 'Mcp-Session-Id': sessionId } });
  stream.stream();
  for (let id = 0; id < times; id++) stream.event(request(id, 'ping'));
}

describe('copies on their way to the observer', () => {
  it('of bodies are dropped and counted when there are too many, and the operation says that it is incomplete', () => {
    const { talk, span } = startRecorder();
    const ring = createRing(65_536);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const exchanges = new ExchangeReader((observation) => talk.tracker.take(observation), 1_048_576);
    const copier = new Copier(
      writer,
      new Slots(),
      1_048_576,
      0,
      Buffer.from('POST /mcp HTTP/1.1\r\nHost: localhost\r\n'),
    );
    copier.bytes(1, 'to-server', Buffer.from(JSON.stringify(toolCall(1))));
    copier.requested(1, 1, undefined);
    copier.answered(2, 200, Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'), false, -1);
    const answer = Buffer.from(JSON.stringify(result(1, { text: 'x'.repeat(200_000) })));
    for (let from = 0; from < answer.length; from += 8_192)
      copier.bytes(3, 'to-client', answer.subarray(from, from + 8_192));
    copier.closed(4, 'complete');
    reader.drain((event) => exchanges.take(event), Number.POSITIVE_INFINITY);
    expect(reader.counts().copiesDropped).toBeGreaterThan(0);
    expect(reader.counts().exchangesDropped).toBe(0);
    expect(span('tools/call quiz').attributes).toMatchObject({
      'mcpspan.incomplete': true,
      'http.response.status_code': 200,
    });
  });
});

describe('a message that is being assembled', () => {
  it.each([
    ['in one piece', 'application/json'],
    ['in an event stream', 'text/event-stream'],
  ])('%s is not kept beyond its bound: an anomaly, counted', async (_, mediaType) => {
    const recorder = startRecorder({ 'max-message-bytes': 1_024 });
    const { talk } = recorder;
    const text = JSON.stringify(result(1, { text: 'x'.repeat(2_000) }));
    talk
      .post(toolCall(1))
      .answer(200, mediaType.includes('json') ? text : `data: ${text}\n\n`, { 'Content-Type': mediaType });
    expect(await anomalies(recorder, 'too-large')).toBe(1);
    expect(recorder.span('tools/call quiz').attributes['mcpspan.incomplete']).toBe(true);
    expect(talk.ended().exchange.answerBytes).toBeGreaterThan(2_000);
  });

  it('that is a request is not read at all, and forwarding it is no matter of ours', async () => {
    const recorder = startRecorder({ 'max-message-bytes': 1_024 });
    recorder.talk
      .post(toolCall(1, 'quiz', { arguments: { text: 'x'.repeat(2_000) } }))
      .answer(200, failure(null, -32_600));
    expect(await anomalies(recorder, 'too-large')).toBe(1);
    expect(recorder.spans()).toEqual([]);
  });
});

describe('operations without an answer', () => {
  it('are 1 000 in a session: the oldest is lost, and counted', async () => {
    const recorder = startRecorder();
    askInVain(recorder.talk, 's1', 1_003);
    expect(await anomalies(recorder, 'lost')).toBe(3);
    expect(recorder.spans('ping').map(({ attributes }) => attributes['jsonrpc.request.id'])).toEqual(['0', '1', '2']);
  });

  it('are 10 000 in all: one of the oldest session is lost, and counted', async () => {
    const recorder = startRecorder();
    for (let index = 0; index < 10; index++) askInVain(recorder.talk, `s${index}`, 1_000);
    expect(await anomalies(recorder, 'lost')).toBe(0);
    askInVain(recorder.talk, 'last', 2);
    expect(await anomalies(recorder, 'lost')).toBe(2);
    expect(new Set(recorder.spans('ping').map(({ attributes }) => attributes['mcp.session.id']))).toEqual(
      new Set(['s0']),
    );
  });

  it('are lost with the session, and counted', async () => {
    const recorder = startRecorder();
    askInVain(recorder.talk, 's1', 5);
    recorder.talk.send({ method: 'DELETE', headers: SESSION }).answer(204);
    expect(await anomalies(recorder, 'lost')).toBe(5);
  });
});

describe('sessions', () => {
  it('are --max-sessions: an empty or the idlest one ends as evicted, and is counted', async () => {
    const recorder = startRecorder({ 'max-sessions': 3 });
    for (let index = 0; index < 5; index++) {
      recorder.talk.initialize(`s${index}`);
      recorder.talk.call(`s${index}`);
    }
    const ended = await recorder.points('mcpspan.sessions.ended');
    expect(ended).toMatchObject([{ value: 2, labels: { 'mcpspan.end_reason': 'evicted' } }]);
    expect([...recorder.talk.tracker.registry.live.values()].map(({ id }) => id)).toEqual(['s2', 's3', 's4']);
  });
});

describe('traces of what was refused', () => {
  it('are 60 a minute; the rest is counted', () => {
    const { talk, spans } = startRecorder();
    for (let index = 0; index < 100; index++) talk.post(toolCall(index)).answer(403);
    expect(spans()).toHaveLength(60);
    expect(talk.withheld()).toBe(40);
  });
});

describe('values of labels', () => {
  /** The values of a label, after 300 different ones came. */
  async function valuesOf(
    label: string,
    act: (talk: Conversation, index: number) => void,
  ): Promise<[Set<unknown>, number]> {
    const recorder = startRecorder();
    for (let index = 0; index < 300; index++) act(recorder.talk, index);
    const points = await recorder.points('mcp.server.operation.duration');
    return [new Set(points.map(({ labels }) => labels[label])), recorder.talk.folded()];
  }

  it.each<[string, string, number, (talk: Conversation, index: number) => void]>([
    [
      'clients',
      'mcpspan.client',
      50 + 1,
      (talk, index) => talk.call(undefined, 'quiz', { 'User-Agent': `bot${index}/1` }),
    ],
    ['tools', 'gen_ai.tool.name', 200 + 32 + 1, (talk, index) => talk.call(undefined, `tool${index}`)],
    [
      'prompts',
      'gen_ai.prompt.name',
      200 + 32 + 1,
      (talk, index) => talk.ask(request(1, 'prompts/get', { name: `p${index}` }), result(1)),
    ],
  ])('that are %s become _OTHER beyond their bound, and are counted', async (_, label, most, act) => {
    const [values, folded] = await valuesOf(label, act);
    expect(values.size).toBe(most);
    expect(values).toContain('_OTHER');
    expect(folded).toBeGreaterThanOrEqual(300 - most);
  });

  it.each<[string, string, (talk: Conversation, index: number) => void]>([
    ['methods', 'mcp.method.name', (talk, index) => talk.ask(request(1, `method${index}`), result(1))],
    [
      'revisions',
      'mcp.protocol.version',
      (talk, index) => talk.ask(request(1, 'ping'), result(1), { 'MCP-Protocol-Version': `2019-01-${index}` }),
    ],
    ['codes', 'rpc.response.status_code', (talk, index) => talk.ask(request(1, 'ping'), failure(1, index))],
  ])('that are %s are those that are known, else _OTHER', async (_, label, act) => {
    const [values] = await valuesOf(label, act);
    expect(values).toEqual(new Set(['_OTHER']));
  });
});

describe('spans to export', () => {
  it('wait up to a bound; the rest is lost and counted, and what waited arrives', async () => {
    const gate = Promise.withResolvers<ExportResult>();
    let sent = 0;
    let lost = 0;
    const delivery = new Delivery({
      signal: 'spans',
      protocol: 'http/protobuf',
      sender: {
        send: (bytes) => {
          sent += bytes.length;
          return gate.promise;
        },
        shutdown: () => Promise.resolve(),
      },
      spool: undefined,
      watch: { failed: () => {}, lost: (items) => (lost += items), caughtUp: () => undefined, delivered: () => {} },
      maxItems: 10,
    });
    const delivered = Array.from({ length: 30 }, () =>
      delivery.deliver({ signal: 'spans', bytes: new Uint8Array(5), items: 5, protocol: 'http/protobuf' }),
    );
    const inFlight = sent;
    expect(delivery.waiting).toBe(inFlight + 10);
    expect(lost).toBe(30 * 5 - inFlight - 10);
    gate.resolve({ code: ExportResultCode.SUCCESS });
    await Promise.all(delivered);
    expect(sent + lost).toBe(30 * 5);
    expect(delivery.waiting).toBe(0);
  });
});

describe('what is remembered of a session', () => {
  it('that ended is bounded: one forgotten is attached again', () => {
    const talk = startConversation({ 'max-sessions': 2 });
    for (let index = 0; index < 6; index++) talk.initialize(`s${index}`);
    expect(talk.call('s0').session).toMatchObject({ opened: 'attached', resumed: false });
    expect(talk.call('s3').session).toMatchObject({ opened: 'handshake', resumed: true });
  });
});
