import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import type { OtlpSpan } from '../support/otlp-signals.ts';
import { startCli, type Cli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { theSpan, total, traceOf, tree } from './signals.ts';
import { speakTo, type Speaker } from './speaker.ts';

const client = { name: 'ends', version: '1.0.0' };

let upstream: PlainServer;
let receiver: OtlpReceiver;
/** One that ends sessions as idle soon, and one whose sessions end as their clients end them, however busy the machine is. */
let impatient: Cli;
let patient: Cli;

beforeAll(async () => {
  [upstream, receiver] = await Promise.all([startPlainServer(), startOtlpReceiver()]);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  [impatient, patient] = await Promise.all([
    startCli(upstream.url, ['--name', 'impatient', '--idle-seconds', '2'], env),
    startCli(upstream.url, ['--name', 'patient', '--segment-operations', '3'], env),
  ]);
});
afterAll(async () => {
  await Promise.all([impatient[Symbol.asyncDispose](), patient[Symbol.asyncDispose]()]);
  await Promise.all([upstream[Symbol.asyncDispose](), receiver.close()]);
});

const open = async (cli = patient): Promise<Speaker> => {
  const speaker = speakTo(cli.url, client);
  expect(await speaker.open()).toBe(200);
  return speaker;
};
const summariesOf = ({ sessionId }: Speaker): OtlpSpan[] =>
  receiver.spans.filter(
    ({ name, attributes }) => name === 'mcp.session.summary' && attributes['mcp.session.id'] === sessionId,
  );
const reasons = (speaker: Speaker) => summariesOf(speaker).map(({ attributes }) => attributes['mcpspan.end_reason']);
const idsOf = ({ traceId, spanId }: OtlpSpan) => ({ traceId, spanId });
const counted = (reason: string) =>
  receiver.until(() => total(receiver, 'mcpspan.sessions.ended', { 'mcpspan.end_reason': reason }) > 0);

describe('a session ends', () => {
  it('as deleted, when the client says so and the server agrees', async () => {
    const speaker = await open();
    await speaker.call('echo');
    expect(await speaker.end()).toBe(200);
    await receiver.until(() => summariesOf(speaker).length > 0);
    expect(reasons(speaker)).toEqual(['deleted']);
    await counted('deleted');
  });

  it('as expired, when the server does not know it any more; the call that learns it is no tool call', async () => {
    const speaker = await open();
    await speaker.call('echo');
    // The server forgets the session without our knowing, as it would when it restarts.
    await fetch(upstream.url, { method: 'DELETE', headers: { 'mcp-session-id': speaker.sessionId ?? '' } });
    const calls = () => total(receiver, 'mcpspan.tool_calls');
    expect(await speaker.call('echo')).toBe(404);
    await receiver.until(() => summariesOf(speaker).length > 0);
    expect(reasons(speaker)).toEqual(['expired']);
    expect(summariesOf(speaker)[0]?.attributes['mcpspan.summary.tool_calls']).toBe(1);
    await counted('expired');
    const refused = { 'http.response.status_code': 404, 'mcp.method.name': 'tools/call' };
    expect(total(receiver, 'mcpspan.http.rejections', refused)).toBe(1);
    // One call of this session, and one of the session above.
    expect(calls()).toBe(2);
  });

  it('as idle, when it was silent; when it speaks again it goes on in its trace, under its root', async () => {
    const speaker = await open(impatient);
    await speaker.call('echo');
    await receiver.until(() => summariesOf(speaker).length === 1);
    await speaker.call('add');
    await receiver.until(() => summariesOf(speaker).length === 2);
    expect(reasons(speaker)).toEqual(['idle', 'idle']);
    expect(tree(traceOf(receiver.spans, speaker.sessionId))).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/call echo SERVER',
      '  tools/call add SERVER',
      '  mcp.session.summary INTERNAL',
      '  mcp.session.summary INTERNAL',
    ]);
    const parts = summariesOf(speaker).map(({ attributes }) => [
      attributes['mcpspan.summary.part'],
      attributes['mcpspan.summary.tool_calls'],
    ]);
    expect(parts).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const ended = { 'mcpspan.end_reason': 'idle', 'mcpspan.session.source': 'header' };
    await receiver.until(() => total(receiver, 'mcpspan.sessions.ended', ended) > 0);
    expect(total(receiver, 'mcpspan.sessions.ended', ended)).toBe(1);
  });

  it('not as idle, while its standing stream is open', async () => {
    const listening = await open(impatient);
    const stream = await listening.listen();
    // A session that falls silent later has ended: this one had its time.
    const other = await open(impatient);
    await receiver.until(() => summariesOf(other).length === 1);
    expect(summariesOf(listening)).toEqual([]);
    await stream.close();
    await receiver.until(() => summariesOf(listening).length === 1);
    expect(reasons(listening)).toEqual(['idle']);
  });
});

describe('a long session', () => {
  it('goes on in a new trace, whose root is linked to the first and to the one before', async () => {
    const speaker = await open();
    // Three operations to a segment. `initialized` counts, as it names the session; `initialize` does not.
    for (const tool of ['echo', 'add', 'echo', 'add', 'echo', 'add']) await speaker.call(tool);
    await speaker.end();
    await receiver.until(() => summariesOf(speaker).length === 1);
    const roots = receiver.spans
      .filter(({ name, attributes }) => name === 'mcp.session' && attributes['mcp.session.id'] === speaker.sessionId)
      .toSorted((a, b) => Number(a.startNs - b.startNs));
    expect(roots.map(({ attributes }) => attributes['mcpspan.session.segment'])).toEqual([0, 1, 2]);
    const [first, second, third] = roots;
    expect(first?.links).toEqual([]);
    expect(second?.links).toMatchObject([first].map((root) => root && idsOf(root)));
    expect(third?.links).toMatchObject([first, second].map((root) => root && idsOf(root)));
    const traces = roots.map(({ traceId }) => tree(receiver.spans.filter((span) => span.traceId === traceId)));
    expect(traces).toEqual([
      [
        'mcp.session INTERNAL',
        '  initialize SERVER',
        '  notifications/initialized SERVER',
        '  tools/call echo SERVER',
        '  tools/call add SERVER',
      ],
      ['mcp.session INTERNAL', '  tools/call echo SERVER', '  tools/call add SERVER', '  tools/call echo SERVER'],
      ['mcp.session INTERNAL', '  tools/call add SERVER', '  mcp.session.summary INTERNAL'],
    ]);
    const summary = theSpan(receiver.spans, 'mcp.session.summary', { 'mcp.session.id': speaker.sessionId });
    expect(summary.attributes).toMatchObject({ 'mcpspan.summary.operations': 8, 'mcpspan.summary.tool_calls': 6 });
  });

  it('counts as one session, with one end', async () => {
    expect(await Promise.all([impatient.stop(), patient.stop()])).toEqual([0, 0]);
    const ofServer = (server: string) =>
      ['mcpspan.sessions', 'mcpspan.sessions.ended', 'mcpspan.session.tool_calls', 'mcpspan.sessions.open'].map(
        (metric) => total(receiver, metric, { 'mcpspan.server': server }),
      );
    expect(ofServer('patient')).toEqual([3, 3, 3, 0]);
    expect(ofServer('impatient')).toEqual([3, 3, 3, 0]);
  });
});
