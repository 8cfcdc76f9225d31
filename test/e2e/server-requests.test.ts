import { expect, it } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';
import { orphans, theSpan, traceOf, tree } from './signals.ts';
import { speakTo } from './speaker.ts';

const ASKED = { jsonrpc: '2.0', id: 'asked', method: 'elicitation/create', params: { message: 'Sure?' } };

/** A server that asks its client in the middle of a call, and a client that has answered while the call goes on. */
async function askInTheMiddle() {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startPlainServer());
  const receiver = stack.use(await startOtlpReceiver());
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  upstream.intercept = async ({ body }, response) => {
    if (!body.includes('"add"')) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(ASKED)}\n\n`);
    asked.resolve();
    await release.promise;
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'call', result: { content: [] } })}\n\n`);
    return true;
  };
  const cli = stack.use(await startCli(upstream.url, [], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }));
  const speaker = speakTo(cli.url, { name: 'asked', version: '1.0.0' });
  await speaker.open();
  const call = speaker.send({ id: 'call', method: 'tools/call', params: { name: 'add' } });
  await asked.promise;
  await speaker.send({ id: 'asked', result: { action: 'accept' } });
  // When this one has been told of, so has everything that ended before it.
  await speaker.call('echo');
  await receiver.until(({ spans }) => spans.some(({ name }) => name === 'tools/call echo'));
  const meanwhile = [...receiver.spans];
  release.resolve();
  await call;
  expect(await cli.stop()).toBe(0);
  return { meanwhile, spans: traceOf(receiver.spans, speaker.sessionId) };
}

it('what the server asks in the middle of a call is a CLIENT span under that call', async () => {
  const { spans } = await askInTheMiddle();
  expect(tree(spans)).toEqual([
    'mcp.session INTERNAL',
    '  initialize SERVER',
    '  notifications/initialized SERVER',
    '  tools/call add SERVER',
    '    elicitation/create CLIENT',
    '  tools/call echo SERVER',
    '  mcp.session.summary INTERNAL',
  ]);
  const [call, ask] = [theSpan(spans, 'tools/call add'), theSpan(spans, 'elicitation/create')];
  expect(ask.startNs > call.startNs && ask.endNs < call.endNs).toBe(true);
});

it('what the server asks is not told of before the call it hangs from', async () => {
  const { meanwhile } = await askInTheMiddle();
  expect(orphans(meanwhile)).toEqual([]);
});
