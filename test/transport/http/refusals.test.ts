import { afterAll, describe, expect, it } from 'vitest';
import { readAnswer, valuesOf, type Answer } from '../../support/http-message.ts';
import { startCli } from '../../e2e/cli.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { connectRaw } from '../../support/raw.ts';
import { answerWith, startUpstream, type Upstream } from '../../support/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

const upstream = await startUpstream(answerWith(OK));
const proxy = await startTestProxy(upstream.url);
afterAll(async () => {
  await proxy.stop();
  await upstream.close();
});

/** Sends bytes as they are; what follows a refused request must be refused with it, hence a whole second request. */
async function send(port: number, bytes: string): Promise<Answer> {
  await using client = await connectRaw(port);
  const [answer] = await Promise.all([readAnswer(client), client.send(bytes)]);
  if (answer.status >= 400) expect(await client.ended).toBeDefined();
  return answer;
}

/** That a refusal is an answer of our own, and that of all that was sent only the barrier after it came through. */
async function expectRefused(bytes: string, statuses: readonly number[], port = proxy.port, to: Upstream = upstream) {
  const before = { lines: to.requestLines.length, bytes: bytesReceived(to) };
  const answer = await send(port, bytes);
  expect(statuses).toContain(answer.status);
  expect(valuesOf(answer.head, 'content-type')[0]).toMatch(/^text\/plain\b/);
  expect(answer.body.bytes.toString()).toMatch(/^[^{[\n]*mcpspan[^\n]*\n$/);
  expect(bytesReceived(to)).toBe(before.bytes);
  const barrier = 'GET /barrier HTTP/1.1\r\nHost: localhost\r\n\r\n';
  expect((await send(port, barrier)).status).toBe(200);
  expect(to.requestLines.slice(before.lines)).toEqual(['GET /barrier HTTP/1.1']);
  return answer;
}

const bytesReceived = ({ wires }: Upstream): number =>
  wires.flatMap((wire) => wire.arrivals).reduce((sum, { bytes }) => sum + bytes.length, 0);

const post = (fields: string, body = ''): string => `POST /mcp HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n\r\n${body}`;
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);

describe('ambiguous framing is answered with 400 and nothing of it goes on', () => {
  it.each([
    ['a length and a transfer coding', post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`)],
    ['a transfer coding and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${SMUGGLED}`)],
    ['two transfer codings', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`)],
    ['two lengths that differ', post('Content-Length: 2\r\nContent-Length: 3', '{}')],
    ['two lengths that are equal', post('Content-Length: 2\r\nContent-Length: 2', '{}')],
    ['a list of equal lengths', post('Content-Length: 2, 2', '{}')],
    ['a length with a sign', post('Content-Length: +2', '{}')],
    ['a negative length', post('Content-Length: -2', '{}')],
    ['a length in hexadecimal', post('Content-Length: 0x2', '{}')],
    ['a length with a fraction', post('Content-Length: 2.0', '{}')],
    ['a length with a space inside', post('Content-Length: 1 2', '{}')],
    ['an empty length', post('Content-Length:', '{}')],
    ['a length beyond all bounds', post('Content-Length: 99999999999999999999999', '{}')],
    ['a length beyond what a number holds exactly', post('Content-Length: 9007199254740993', '{}')],
    ['a chunk size that is no number', chunked(`g\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['an empty chunk size', chunked(`\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size with a sign', chunked(`+2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a negative chunk size', chunked(`-2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size with 0x', chunked(`0x2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size after a space', chunked(` 2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size before a space', chunked(`2 \r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk size beyond all bounds', chunked(`fffffffffffffffff\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a bare LF after a chunk size', chunked(`2\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a bare LF after a chunk', chunked(`2\r\n{}\n0\r\n\r\n${SMUGGLED}`)],
    ['a bare LF in a chunk extension', chunked(`2;a\nb\r\n{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a chunk longer than its size', chunked(`2\r\n{}{}\r\n0\r\n\r\n${SMUGGLED}`)],
    ['a bare LF after the last chunk', chunked(`2\r\n{}\r\n0\r\n\n${SMUGGLED}`)],
    ['bare LFs throughout', 'GET /mcp HTTP/1.1\nHost: localhost\n\n'],
    ['a bare LF after the request line', `GET /mcp HTTP/1.1\nHost: localhost\r\n\r\n`],
    ['a bare LF after a field', post(`X-A: 1\nX-B: 2`)],
    ['a bare CR after a field', post(`X-A: 1\rX-B: 2`)],
    ['a bare LF at the end of the head', `GET /mcp HTTP/1.1\r\nHost: localhost\r\n\n`],
    ['a folded line', post('X-A: 1\r\n 2')],
    ['a folded line with a tab', post('X-A: 1\r\n\tTransfer-Encoding: chunked')],
    ['a folded first line', `GET /mcp HTTP/1.1\r\n X-A: 1\r\nHost: localhost\r\n\r\n`],
    ['a space before a colon', post('Content-Length : 2', '{}')],
    ['a space within a name', post('Content Length: 2', '{}')],
    ['a line without a colon', post('Content-Length')],
    ['a field without a name', post(': 2')],
    ['a NUL in a value', post('X-A: a\0b')],
    ['a NUL in a name', post('X-\0A: b')],
    ['a control character in a value', post('X-A: a\x01b')],
    ['no Host', 'GET /mcp HTTP/1.1\r\nX-A: 1\r\n\r\n'],
    ['two Hosts', 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n'],
    ['two spellings of Host', 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nhOST: 127.0.0.1\r\n\r\n'],
    [
      'a transfer coding in HTTP/1.0',
      'POST /mcp HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a transfer coding that the connection is told to drop',
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: transfer-encoding\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    await expectRefused(bytes, [400]);
  });

  it('a chunk that breaks the rules after others went on breaks the upload instead of ending it', async () => {
    const ending = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    await using target = await startUpstream(async ({ body }) => {
      begun.resolve();
      ending.resolve((await body()).ending);
    });
    await using relay = await startTestProxy(target.url);
    await using client = await connectRaw(relay.port);
    await client.send(chunked(`20000\r\n${'x'.repeat(0x20000)}\r\n`));
    await begun.promise;
    await client.send('zz\r\n');
    expect(await ending.promise).toBe('broken');
    await client.ended;
  });
});

describe('more header fields than are forwarded whole', () => {
  const fields = (count: number): string => 'A:1\r\n'.repeat(count - 2);
  const last = 'Content-Length: 2';

  it('are answered with 431, and nothing goes on', async () => {
    const { body } = await expectRefused(post(fields(1_001) + last, '{}'), [431]);
    expect(body.bytes.toString()).toContain('1000 header fields');
    await expectRefused(post(fields(8_000) + last, '{}'), [431]);
  });

  it('are one more than those that are', async () => {
    const before = upstream.requestLines.length;
    expect((await send(proxy.port, post(fields(1_000) + last, '{}'))).status).toBe(200);
    expect(upstream.requestLines.length).toBe(before + 1);
  });
});

it.each([
  ['Connection: close', '1.1', 'Connection: close\r\n'],
  ['HTTP/1.0', '1.0', ''],
])('what follows a request of %s on its connection is not read as a request', async (_, version, field) => {
  const before = upstream.requestLines.length;
  await using client = await connectRaw(proxy.port);
  await client.send(`GET /last HTTP/${version}\r\nHost: localhost\r\n${field}\r\n${SMUGGLED}`);
  expect((await readAnswer(client)).status).toBe(200);
  await send(proxy.port, 'GET /barrier HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(upstream.requestLines.slice(before)).toEqual([`GET /last HTTP/${version}`, 'GET /barrier HTTP/1.1']);
});

describe('what follows a refusal on its connection is not read as a request', () => {
  const refused = 'Host: evil.example';

  it.each([
    ['a request without a body', `GET /mcp HTTP/1.1\r\n${refused}\r\n\r\n`],
    ['a request with a body', `POST /mcp HTTP/1.1\r\n${refused}\r\nContent-Length: 2\r\n\r\n{}`],
    ['a chunked request', `POST /mcp HTTP/1.1\r\n${refused}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['CONNECT', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('after %s', async (_, request) => {
    await expectRefused(request + SMUGGLED, [403, 501]);
    await expectRefused(request + SMUGGLED + SMUGGLED + post('Expect: x', ''), [403, 501]);
  });
});

it('--insecure-http-parser in NODE_OPTIONS loosens nothing', async () => {
  await using strict = await startCli(upstream.url, [], { NODE_OPTIONS: '--insecure-http-parser' });
  const smuggling = post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`);
  await expectRefused(smuggling, [400], strict.port);
  await expectRefused(post('X-A: 1\rX-B: 2'), [400], strict.port);
});

describe('what cannot be forwarded is answered with 501', () => {
  it.each([
    ['a second transfer coding before chunked', post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n')],
    ['a transfer coding but chunked', post('Transfer-Encoding: gzip', '')],
    ['identity as a transfer coding', post('Transfer-Encoding: identity', '')],
    ['CONNECT', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    await expectRefused(bytes, [501]);
  });

  it.each([
    ['a coding after chunked', post('Transfer-Encoding: chunked, gzip', '0\r\n\r\n')],
    [
      'two transfer codings of which one is identity',
      post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
    ],
    ['chunked twice in one field', post('Transfer-Encoding: chunked, chunked', '0\r\n\r\n')],
    ['what only looks like chunked', post('Transfer-Encoding: xchunked', '0\r\n\r\n')],
    ['chunked with a parameter', post('Transfer-Encoding: chunked;q=1', '0\r\n\r\n')],
    ['an empty transfer coding', post('Transfer-Encoding:', '0\r\n\r\n')],
  ])('or with 400: %s', async (_, bytes) => {
    await expectRefused(bytes, [400, 501]);
  });

  it.each([
    ['a target beyond ASCII', 'GET /caf\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['* as the target of what is not OPTIONS', 'GET * HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a target without a slash', 'GET mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a target with a user', 'GET http://a@localhost/mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a Host that is not the host of the target', 'GET http://localhost:1/mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['no target', 'GET HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['two spaces before the target', 'GET  /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a method that is no token', 'GE(T /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('or with 400: %s', async (_, bytes) => {
    await expectRefused(bytes, [400]);
  });
});

it('another major version of HTTP is refused', async () => {
  await expectRefused('GET /mcp HTTP/2.0\r\nHost: localhost\r\n\r\n', [400, 501, 505]);
});

const named = (fields: string): string => `GET /mcp HTTP/1.1\r\n${fields}\r\n\r\n`;

describe('on loopback, against DNS rebinding [MCP-ORIGIN-4],', () => {
  it.each(['localhost', 'LOCALHOST:80', 'localhost:3000', '127.0.0.1', '127.0.0.1:4100', '[::1]', '[::1]:4100'])(
    'the Host %s is accepted',
    async (host) => {
      expect((await send(proxy.port, named(`Host: ${host}`))).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:4100',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '169.254.169.254',
    '0.0.0.0',
  ])('the Host %s is answered with 403 and the flag that would accept it', async (host) => {
    const { body } = await expectRefused(named(`Host: ${host}`), [403]);
    expect(body.bytes.toString()).toContain(`--allow-host ${host.replace(/:\d+$/, '')}`);
  });

  it.each(['http://localhost', 'http://localhost:6274', 'https://127.0.0.1:8443', 'http://[::1]:3000'])(
    'the Origin %s is accepted',
    async (origin) => {
      expect((await send(proxy.port, named(`Host: localhost\r\nOrigin: ${origin}`))).status).toBe(200);
    },
  );

  it.each([
    'http://evil.example',
    'https://localhost.evil.example',
    'null',
    'http://127.0.0.1@evil.example',
    'evil',
    '',
  ])('the Origin %j is answered with 403 and the flag that would accept it', async (origin) => {
    const { body } = await expectRefused(named(`Host: localhost\r\nOrigin: ${origin}`), [403]);
    expect(body.bytes.toString()).toContain('--allow-origin');
  });

  it('an Origin that is not allowed is refused beside one that is', async () => {
    await expectRefused(
      named('Host: localhost\r\nOrigin: http://evil.example\r\nOrigin: http://localhost'),
      [400, 403],
    );
    await expectRefused(
      named('Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example'),
      [400, 403],
    );
  });

  it('a refused request with a large body is answered all the same', async () => {
    const body = 'x'.repeat(5_000_000);
    const request = `POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    await expectRefused(request, [403]);
  });

  it('names given with --allow-host and --allow-origin are accepted beside loopback', async () => {
    const flags = ['--allow-host', 'mcp.example', '--allow-origin', 'https://app.example'];
    await using relay = await startTestProxy(upstream.url, flags);
    const statusOf = async (fields: string) => (await send(relay.port, named(fields))).status;
    expect(await statusOf('Host: mcp.example:8443\r\nOrigin: https://app.example')).toBe(200);
    expect(await statusOf('Host: localhost\r\nOrigin: http://localhost:1')).toBe(200);
    expect(await statusOf('Host: other.example')).toBe(403);
    expect(await statusOf('Host: mcp.example\r\nOrigin: https://other.example')).toBe(403);
    expect(await statusOf('Host: mcp.example\r\nOrigin: http://app.example')).toBe(403);
  });
});
