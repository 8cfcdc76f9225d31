import http from 'node:http';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { countedRefusals } from '../../src/reading/refusal-words.ts';
import { readerOf, temporaryFolder } from '../store/store-rig.ts';
import { httpServer } from '../support/listen.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { connectRaw } from '../support/raw.ts';
import { startCli } from './cli.ts';
import { total } from './signals.ts';

const CALL = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}`;
const answer: http.RequestListener = (_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
};

it('an upstream that is dead, and requests that are refused, are counted, and the outage is told in two lines', async () => {
  const dead = await httpServer(answer);
  await dead.close();
  const receiver = await startOtlpReceiver();
  await using cli = await startCli(`${dead.url}/mcp`, ['--name', 'quiz'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  });
  const post = async (headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(cli.url, { method: 'POST', body: CALL, headers: { 'Content-Type': 'application/json', ...headers } }))
      .status;
  const raw = async (request: string): Promise<void> => {
    await using wire = await connectRaw(cli.port);
    await wire.send(request);
    await wire.readThrough('mcpspan:');
  };
  const counted = (httpClass: string, status: number): number =>
    total(receiver, 'mcpspan.http.exchanges', { 'mcpspan.http.class': httpClass, 'http.response.status_code': status });

  for (let call = 0; call < 3; call++) expect(await post()).toBe(502);
  expect(await post({ Origin: 'http://evil.example' })).toBe(403);
  await raw('NOT HTTP\r\n\r\n');
  await raw('CONNECT quiz:1 HTTP/1.1\r\nHost: quiz:1\r\n\r\n');
  await cli.untilSaid((stderr) => stderr.includes('cannot be reached'));

  const alive = http.createServer(answer).listen(dead.port, '127.0.0.1');
  await once(alive, 'listening');
  expect(await post()).toBe(200);
  await cli.untilSaid((stderr) => stderr.includes('answers again'));
  alive.close();
  alive.closeAllConnections();

  expect(await cli.stop()).toBe(0);
  const lines = cli.stderr().split('\n');
  expect(lines.filter((line) => line.includes('the upstream'))).toEqual([
    `mcpspan: the upstream ${dead.url} cannot be reached: nothing listens there (start the server, or correct the host or the port); requests are answered with 502 or 504 until it can`,
    expect.stringMatching(/^mcpspan: the upstream \S+ answers again, after \d+ s; 3 requests did not reach it$/),
  ]);
  expect(lines.filter((line) => line.includes('are refused'))).toEqual([
    "mcpspan: requests are refused with HTTP 403: Origin 'http://evil.example' is not allowed here; to allow it start mcpspan with --allow-origin http://evil.example",
    'mcpspan: requests are refused with HTTP 400: this is not well-formed HTTP/1.1: the first line is not that of a request',
    'mcpspan: requests are refused with HTTP 501: CONNECT cannot be forwarded',
  ]);
  expect([502, 403, 400, 501].map((status) => counted('refused', status))).toEqual([3, 1, 1, 1]);
  expect([counted('mcp', 200), counted('mcp', 502)]).toEqual([1, 0]);
  await receiver.close();
});

it('an upstream that is not up yet is told of before the first request, also where nothing is observed', async () => {
  const dead = await httpServer(answer);
  await dead.close();
  await using cli = await startCli(`${dead.url}/mcp`);
  await cli.untilSaid((stderr) => stderr.includes('cannot be reached: nothing listens there'));
  const alive = http.createServer(answer).listen(dead.port, '127.0.0.1');
  await once(alive, 'listening');
  await cli.untilSaid((stderr) => /the upstream \S+ can be reached now, after \d+ s/.test(stderr));
  alive.close();
  alive.closeAllConnections();
  expect(await cli.stop()).toBe(0);
});

it('names that are refused are told of once each, harmlessly, and counted in the record', async () => {
  await using upstream = await httpServer(answer);
  using folder = temporaryFolder();
  const store = folder.in('store.db');
  await using cli = await startCli(`${upstream.url}/mcp`, ['--store', store]);
  const from = async (host: string): Promise<void> => {
    await using wire = await connectRaw(cli.port);
    await wire.send(`GET /mcp HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await wire.readThrough('mcpspan:');
  };
  for (const host of ['tunnel.example', 'tunnel.example:443', 'other.example']) await from(host);
  await cli.untilSaid((stderr) => stderr.includes('--allow-host other.example'));
  expect(await cli.stop()).toBe(0);
  expect(cli.stderr().match(/--allow-host \S+/g)).toEqual([
    '--allow-host tunnel.example',
    '--allow-host other.example',
  ]);
  using reader = readerOf(store);
  expect(
    countedRefusals(reader.counts({})).map(({ status, text, number }) => [status, text.slice(0, 32), number]),
  ).toEqual([
    ['403', "Host 'tunnel.example' is not all", 2],
    ['403', "Host 'other.example' is not allo", 1],
  ]);
});
