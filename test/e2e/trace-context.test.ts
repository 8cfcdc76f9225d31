import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import type { OtlpSpan } from '../support/otlp-signals.ts';
import { startCli, type Cli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { theSpan, traceOf, tree, watchOrphans } from './signals.ts';
import { speakTo, type Speaker } from './speaker.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OTHER_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const client = { name: 'traced', version: '1.0.0' };
const REMOTE_AND_SAMPLED = 0x301;

let upstream: PlainServer;
let receiver: OtlpReceiver;
const clis: Cli[] = [];

beforeAll(async () => {
  [upstream, receiver] = await Promise.all([startPlainServer(), startOtlpReceiver()]);
});
beforeEach(() => {
  upstream.arrived.length = 0;
});
afterAll(async () => {
  await Promise.all(clis.map((cli) => cli[Symbol.asyncDispose]()));
  await Promise.all([upstream[Symbol.asyncDispose](), receiver.close()]);
});

const start = async (...args: string[]): Promise<Cli> => {
  const cli = await startCli(upstream.url, args, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  clis.push(cli);
  return cli;
};

/** The `traceparent` of what reached the server, in order. */
const told = (): (string | undefined)[] =>
  upstream.arrived.map(({ headers }) => {
    const { traceparent } = headers;
    return typeof traceparent === 'string' ? traceparent : undefined;
  });
const naming = (span: OtlpSpan): string => `00-${span.traceId}-${span.spanId}-01`;
const linksOf = (span: OtlpSpan) => span.links.map(({ traceId, spanId }) => ({ traceId, spanId }));
const idsOf = ({ traceId, spanId }: OtlpSpan) => ({ traceId, spanId });
const ended = async (speaker: Speaker): Promise<void> => {
  await speaker.end();
  const id = speaker.sessionId;
  await receiver.until(({ spans }) =>
    spans.some((span) => span.name === 'mcp.session.summary' && span.attributes['mcp.session.id'] === id),
  );
};

describe('context that comes with a request', () => {
  let cli: Cli;
  let orphans: ReturnType<typeof watchOrphans>;
  beforeAll(async () => {
    cli = await start('--name', 'by-default');
    orphans = watchOrphans(receiver);
  });

  it('in a header an ingress adds to every request: the session stays one trace, each span links to it', async () => {
    let requests = 0;
    const ingress = () => ({ traceparent: `00-${TRACE}-00000000000000${(++requests).toString().padStart(2, '0')}-01` });
    const speaker = speakTo(cli.url, client);
    await speaker.open(ingress());
    await speaker.call('echo', { headers: ingress() });
    await speaker.call('add', { headers: ingress() });
    await ended(speaker);
    const spans = traceOf(receiver.spans, speaker.sessionId);
    expect(tree(spans)).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/call echo SERVER',
      '  tools/call add SERVER',
      '  mcp.session.summary INTERNAL',
    ]);
    expect(linksOf(theSpan(spans, 'tools/call echo'))).toEqual([{ traceId: TRACE, spanId: '0000000000000002' }]);
    expect(linksOf(theSpan(spans, 'tools/call add'))).toEqual([{ traceId: TRACE, spanId: '0000000000000003' }]);
    // Nobody's own header is ever replaced.
    expect(told().filter((value) => value !== undefined)).toEqual([
      `00-${TRACE}-0000000000000001-01`,
      `00-${TRACE}-0000000000000001-01`,
      `00-${TRACE}-0000000000000002-01`,
      `00-${TRACE}-0000000000000003-01`,
      // DELETE came without one, so it got that of the root.
      naming(theSpan(spans, 'mcp.session')),
    ]);
  });

  it('in _meta, said not to be sampled: exported in the trace of the caller, linked both ways', async () => {
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await speaker.call('echo', { meta: { traceparent: `00-${TRACE}-00000000000000aa-00` } });
    await ended(speaker);
    const session = traceOf(receiver.spans, speaker.sessionId);
    expect(tree(session)).not.toContain('  tools/call echo SERVER');
    const call = theSpan(receiver.spans, 'tools/call echo', { 'mcp.session.id': speaker.sessionId });
    expect(call).toMatchObject({ traceId: TRACE, parentSpanId: '00000000000000aa', flags: REMOTE_AND_SAMPLED });
    expect(linksOf(call)).toEqual([idsOf(theSpan(session, 'mcp.session'))]);
    expect(linksOf(theSpan(session, 'mcp.session.summary'))).toEqual([idsOf(call)]);
    // A body that carries its own context gets no second one in a header.
    expect(told()[2]).toBeUndefined();
  });

  it('in both: a child of the one in _meta, linked to the session and to the one in the header', async () => {
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await speaker.call('echo', {
      meta: { traceparent: `00-${TRACE}-00000000000000ab-01` },
      headers: { traceparent: `00-${TRACE}-00000000000000ac-01` },
    });
    await ended(speaker);
    const call = theSpan(receiver.spans, 'tools/call echo', { 'mcp.session.id': speaker.sessionId });
    expect(call.parentSpanId).toBe('00000000000000ab');
    expect(linksOf(call)).toEqual([
      idsOf(theSpan(traceOf(receiver.spans, speaker.sessionId), 'mcp.session')),
      { traceId: TRACE, spanId: '00000000000000ac' },
    ]);
  });

  it('in _meta, malformed: as if there were none', async () => {
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await speaker.call('echo', { meta: { traceparent: '00-zz-1-01' } });
    await ended(speaker);
    expect(tree(traceOf(receiver.spans, speaker.sessionId))).toContain('  tools/call echo SERVER');
  });

  it('never leaves a span of ours without its parent', async () => {
    expect(await orphans.stop()).toEqual([]);
  });
});

describe('context that is passed on', () => {
  it('names our span, once the session is known; the root, where a request is no single operation', async () => {
    const speaker = speakTo((await start('--name', 'passes-on')).url, client);
    await speaker.open();
    await speaker.call('echo');
    await speaker.send([{ jsonrpc: '2.0', id: 'a', method: 'ping' }]);
    const stream = await speaker.listen();
    await stream.close();
    await ended(speaker);
    const spans = traceOf(receiver.spans, speaker.sessionId);
    const root = naming(theSpan(spans, 'mcp.session'));
    expect(told()).toEqual([
      undefined,
      naming(theSpan(spans, 'notifications/initialized')),
      naming(theSpan(spans, 'tools/call echo')),
      root,
      root,
      root,
    ]);
  });

  it('is not added to a body that is too long to be searched, or that names one in its arguments', async () => {
    const speaker = speakTo((await start('--name', 'long')).url, client);
    await speaker.open();
    await speaker.call('echo', { meta: { long: 'x'.repeat(100_000) } });
    await speaker.call('echo', { meta: { note: 'a traceparent of my own' } });
    await ended(speaker);
    expect(told().slice(2, 4)).toEqual([undefined, undefined]);
    expect(tree(traceOf(receiver.spans, speaker.sessionId)).filter((line) => line.includes('echo'))).toHaveLength(2);
  });

  it('is not added with --propagate off', async () => {
    const speaker = speakTo((await start('--name', 'keeps-to-itself', '--propagate', 'off')).url, client);
    await speaker.open();
    await speaker.call('echo');
    await ended(speaker);
    expect(told()).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('--propagate meta', () => {
  it('writes our span into _meta too, of single operations, and nothing else into a body', async () => {
    const speaker = speakTo((await start('--name', 'meta', '--propagate', 'meta')).url, client);
    await speaker.open();
    await speaker.call('echo', { meta: { progressToken: 7 } });
    await speaker.call('echo', { meta: { traceparent: `00-${TRACE}-00000000000000ee-01` } });
    await speaker.send([{ jsonrpc: '2.0', id: 'a', method: 'ping' }]);
    await ended(speaker);
    const spans = traceOf(receiver.spans, speaker.sessionId);
    const written = upstream.arrived.map(({ body }) => /"traceparent":"([^"]*)"/.exec(body)?.[1]);
    expect(written).toEqual([
      undefined,
      naming(theSpan(spans, 'notifications/initialized')),
      naming(theSpan(spans, 'tools/call echo')),
      `00-${TRACE}-00000000000000ee-01`,
      undefined,
      undefined,
    ]);
    const [, , call] = upstream.arrived;
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ params: { name: 'echo', _meta: { progressToken: 7 } } });
    expect(call?.headers['content-length']).toBe(String(Buffer.byteLength(call?.body ?? '')));
    expect(told()[2]).toBe(written[2]);
  });
});

describe('--spans server+client', () => {
  it('tells the upstream of its own part, a CLIENT span inside of the operation', async () => {
    const speaker = speakTo((await start('--name', 'legs', '--spans', 'server+client')).url, client);
    await speaker.open();
    await speaker.call('echo');
    await ended(speaker);
    const spans = traceOf(receiver.spans, speaker.sessionId);
    expect(tree(spans)).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '    initialize CLIENT',
      '  notifications/initialized SERVER',
      '    notifications/initialized CLIENT',
      '  tools/call echo SERVER',
      '    tools/call echo CLIENT',
      '  mcp.session.summary INTERNAL',
    ]);
    const leg = spans.find(({ name, kind }) => name === 'tools/call echo' && kind === 'client');
    expect(leg === undefined ? undefined : naming(leg)).toBe(told()[2]);
  });
});

describe('--trace-parent', () => {
  it('caller: the header too makes a child, and the upstream is told of that child', async () => {
    const speaker = speakTo((await start('--name', 'caller', '--trace-parent', 'caller')).url, client);
    await speaker.open();
    await speaker.call('echo', { headers: { traceparent: `00-${TRACE}-00000000000000ba-01` } });
    await speaker.call('add', { headers: { traceparent: `00-${TRACE}-00000000000000bb-00` } });
    await ended(speaker);
    const call = theSpan(receiver.spans, 'tools/call echo', { 'mcp.session.id': speaker.sessionId });
    expect(call).toMatchObject({ traceId: TRACE, parentSpanId: '00000000000000ba' });
    expect(told()[2]).toBe(naming(call));
    // Only here does the caller's flag count; this caller did not want to be sampled.
    const unwanted = receiver.spans.filter(
      (span) => span.name === 'tools/call add' && span.attributes['mcp.session.id'] === speaker.sessionId,
    );
    expect(unwanted).toEqual([]);
    expect(told()[3]).toMatch(new RegExp(`^00-${TRACE}-(?!00000000000000bb)[0-9a-f]{16}-00$`));
  });

  it('caller: with another context in _meta, the upstream is told of the span as it is exported', async () => {
    const speaker = speakTo((await start('--name', 'both', '--trace-parent', 'caller')).url, client);
    await speaker.open();
    await speaker.call('echo', {
      meta: { traceparent: `00-${OTHER_TRACE}-00000000000000bd-01` },
      headers: { traceparent: `00-${TRACE}-00000000000000be-01` },
    });
    await ended(speaker);
    const call = theSpan(receiver.spans, 'tools/call echo', { 'mcp.session.id': speaker.sessionId });
    expect([naming(call), `00-${TRACE}-00000000000000be-01`]).toContain(told()[2]);
  });

  it('session: neither does; both are links', async () => {
    const speaker = speakTo((await start('--name', 'session', '--trace-parent', 'session')).url, client);
    await speaker.open();
    await speaker.call('echo', {
      meta: { traceparent: `00-${TRACE}-00000000000000ca-01` },
      headers: { traceparent: `00-${TRACE}-00000000000000cb-01` },
    });
    await ended(speaker);
    const call = theSpan(traceOf(receiver.spans, speaker.sessionId), 'tools/call echo');
    expect(linksOf(call)).toEqual([
      { traceId: TRACE, spanId: '00000000000000ca' },
      { traceId: TRACE, spanId: '00000000000000cb' },
    ]);
  });
});
