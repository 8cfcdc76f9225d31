import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { failure, modern, request, result, toolCall, type Conversation } from '../support/conversation.ts';
import { startRecorder, type RecorderOptions } from './recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };

/** The span of what `act` does in session s1, and the labels of its latency. */
async function recorded(
  act: (talk: Conversation) => void,
  name: string,
  metric: string,
  options: RecorderOptions = {},
) {
  const recorder = startRecorder(options);
  recorder.talk.initialize('s1');
  act(recorder.talk);
  const span = recorder.span(name);
  const points = await recorder.points(metric);
  const labels = points.findLast((point) => name.startsWith(String(point.labels['mcp.method.name'])))?.labels;
  return { span, labels };
}

interface Expected {
  error: string | undefined;
  code?: string;
}

const ERROR = { code: SpanStatusCode.ERROR };
const UNSET = { code: SpanStatusCode.UNSET };

const answered = (status: number, body?: object) => (talk: Conversation) =>
  talk.post(toolCall(9), SESSION).answer(status, body === undefined ? undefined : JSON.stringify(body));

describe('a SERVER span', () => {
  const rows: [string, (talk: Conversation) => void, Expected][] = [
    ['of a result [OTEL-ERROR-1]', answered(200, result(9)), { error: undefined }],
    ['of a tool error [OTEL-ERROR-2]', answered(200, result(9, { isError: true })), { error: 'tool_error' }],
    ...[-32_700, -32_600, -32_601, -32_602, -32_002].map((code): [string, (talk: Conversation) => void, Expected] => [
      `of the caller's fault ${code} [OTEL-ERROR-3]`,
      answered(200, failure(9, code)),
      { error: undefined, code: String(code) },
    ]),
    ...[-32_603, -32_000, -32_001, -32_042, -32_020, -32_021, -32_022].map(
      (code): [string, (talk: Conversation) => void, Expected] => [
        `of the error ${code} [OTEL-ERROR-4]`,
        answered(200, failure(9, code)),
        { error: String(code), code: String(code) },
      ],
    ),
    [
      'of a code of its own, whose label is bounded',
      answered(200, failure(9, 1_234)),
      { error: '_OTHER', code: '1234' },
    ],
    ['refused by HTTP 400 alone [OTEL-ERROR-5]', answered(400), { error: undefined }],
    ['refused by HTTP 429 alone', answered(429), { error: undefined }],
    ['of HTTP 500 alone [OTEL-ERROR-6]', answered(500), { error: '500' }],
    ['of HTTP 503 with a JSON-RPC error', answered(503, failure(9, -32_000)), { error: '-32000', code: '-32000' }],
    [
      'of an upstream that is down',
      (talk) => talk.post(toolCall(9), SESSION).close('upstream-unreachable'),
      { error: 'upstream_unreachable' },
    ],
    [
      'of an upstream that breaks off',
      (talk) => talk.post(toolCall(9), SESSION).close('upstream-failed'),
      { error: 'upstream_reset' },
    ],
    ['of a timeout [OTEL-ERROR-7]', (talk) => talk.post(toolCall(9), SESSION).close('timeout'), { error: 'timeout' }],
    [
      'of a call that the client gave up [OTEL-ERROR-8]',
      (talk) => talk.post(toolCall(9), SESSION).close('client-left'),
      { error: undefined },
    ],
    [
      'of a stream that closes before the answer [OTEL-ERROR-9]',
      (talk) => {
        const call = talk.post(toolCall(9), SESSION);
        call.stream();
        call.close();
      },
      { error: 'lost' },
    ],
    [
      'of a result that asks for input [OTEL-ERROR-10]',
      answered(200, result(9, { resultType: 'input_required' })),
      { error: undefined },
    ],
    ['of a result that is a task', answered(200, result(9, { resultType: 'task' })), { error: undefined }],
  ];
  it.each(rows)('%s', async (_, act, { error, code }) => {
    const { span, labels } = await recorded(act, 'tools/call quiz', 'mcp.server.operation.duration');
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.status).toEqual(error === undefined ? UNSET : ERROR);
    expect(span.attributes['error.type']).toBe(error);
    expect(span.attributes['rpc.response.status_code']).toBe(code);
    expect(labels?.['error.type']).toBe(error);
    expect(labels?.['rpc.response.status_code']).toBe(code === '1234' ? '_OTHER' : code);
  });

  it('of a call that was given up says so', async () => {
    const { span } = await recorded(
      (talk) => talk.post(toolCall(9), SESSION).close('client-left'),
      'tools/call quiz',
      '',
    );
    expect(span.attributes['mcpspan.cancelled']).toBe(true);
  });

  it.each([
    ['an error', 200, failure('p', -32_601), '-32601'],
    ['an error of any code', 200, failure('p', -32_022), '-32022'],
    ['HTTP 400 alone', 400, undefined, undefined],
  ])('of a probe answered by %s is no error [MCP-PROBE-3]', async (_, status, body, code) => {
    const probe = (talk: Conversation) => {
      talk.post(request('p', 'server/discover', modern())).answer(status, body);
      talk.passProbes();
    };
    const { span } = await recorded(probe, 'server/discover', '');
    expect(span.status).toEqual(UNSET);
    expect(span.attributes).toMatchObject({ 'mcpspan.handshake.kind': 'probe', 'http.response.status_code': status });
    expect(span.attributes['error.type']).toBeUndefined();
    expect(span.attributes['rpc.response.status_code']).toBe(code);
  });

  it('of a probe that met a failure is one', async () => {
    const probe = (talk: Conversation) => talk.post(request('p', 'server/discover', modern())).answer(502);
    const { span } = await recorded(probe, 'server/discover', '');
    expect(span.status).toEqual(ERROR);
    expect(span.attributes).toMatchObject({ 'mcpspan.handshake.kind': 'failed', 'error.type': '502' });
  });

  // Was: a probe, because of the error. A 5xx is a failure, whatever its body says.
  it('of a probe that met a failure with an error in its body is one', async () => {
    const probe = (talk: Conversation) =>
      talk.post(request('p', 'server/discover', modern())).answer(500, failure('p', -32_603));
    const { span } = await recorded(probe, 'server/discover', '');
    expect(span.attributes['mcpspan.handshake.kind']).toBe('failed');
  });

  // `{"error":"invalid_token"}` looks like a JSON-RPC error without a code; was: it counted as one.
  it('of a call refused with an OAuth error is no error', async () => {
    const { span } = await recorded(
      answered(401, { error: 'invalid_token', error_description: 'x' }),
      'tools/call quiz',
      '',
    );
    expect(span.status).toEqual(UNSET);
  });
});

describe('a CLIENT span', () => {
  const NAME = 'elicitation/create';
  const asked = (then: (talk: Conversation) => void) => (talk: Conversation) => {
    const call = talk.post(toolCall(9), SESSION);
    call.stream();
    call.event(request(1, NAME));
    then(talk);
    // It is told of when the call that it hangs from has ended.
    call.event(result(9));
  };
  const reply = (body: object) => asked((talk) => talk.post(JSON.stringify(body), SESSION).answer(202));

  it.each<[string, (talk: Conversation) => void, Expected]>([
    ['of a result', reply(result(1)), { error: undefined }],
    [
      'of any error, the caller’s faults too [OTEL-ERROR-11]',
      reply(failure(1, -32_602)),
      { error: '-32602', code: '-32602' },
    ],
    ['of the error -32601', reply(failure(1, -32_601)), { error: '-32601', code: '-32601' }],
    [
      'of a request that is never answered',
      asked((talk) => talk.tracker.shutdown(talk.clock.now())),
      { error: 'lost' },
    ],
  ])('%s', async (_, act, { error, code }) => {
    const { span, labels } = await recorded(act, NAME, 'mcp.client.operation.duration');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status).toEqual(error === undefined ? UNSET : ERROR);
    expect(span.attributes['error.type']).toBe(error);
    expect(labels?.['error.type']).toBe(error);
    expect(span.attributes['rpc.response.status_code']).toBe(code);
  });
});

describe('the status description', () => {
  const act = answered(200, failure(9, -32_603, 'no such row: Bearer abcdefgh'));

  it('is empty unless errors are captured', async () => {
    const { span } = await recorded(act, 'tools/call quiz', '');
    expect(span.status).toEqual(ERROR);
  });

  it("is the error's message where they are, without secrets [OTEL-ERROR-12]", async () => {
    const { span } = await recorded(act, 'tools/call quiz', '', { privacy: { capture: ['errors'] } });
    expect(span.status).toEqual({ ...ERROR, message: 'no such row: {redacted}' });
  });

  it('is never there for what is no error', async () => {
    const { span } = await recorded(answered(200, failure(9, -32_602, 'x')), 'tools/call quiz', '', {
      privacy: { capture: ['errors'] },
    });
    expect(span.status).toEqual(UNSET);
  });
});
