import { randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { httpServer, type Listening } from '../support/listen.ts';
import { runCli, startConfigured, type Command } from './cli.ts';
import { connectV1 } from './clients.ts';
import { labelsOf, total } from './signals.ts';

/** Servers that give out this one: nothing but the server tells their sessions apart. */
const sameId = (): string => 'the-same-id-everywhere';

/** A server that gives its name as the answer to every call. */
function startNamed(name: string, newId: () => string = randomUUID): Promise<Listening> {
  return httpServer((request, response) => {
    void text(request).then((body) => {
      if (request.method !== 'POST') return response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
      // What the official client sends.
      const { id, method, params } = JSON.parse(body) as {
        id?: number;
        method: string;
        params?: { protocolVersion: string };
      };
      if (id === undefined) return response.writeHead(202).end();
      const result =
        method === 'initialize'
          ? {
              protocolVersion: params?.protocolVersion,
              capabilities: { tools: {} },
              serverInfo: { name, version: '1' },
            }
          : { content: [{ type: 'text', text: name }] };
      response.setHeader('content-type', 'application/json');
      if (method === 'initialize') response.setHeader('mcp-session-id', newId());
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
}

let folder: string;
let file: string;
let receiver: OtlpReceiver;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-several-'));
  file = join(folder, 'mcpspan.yaml');
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

/** Puts the file in place at once, as Kubernetes and good editors do. */
function configure(servers: Readonly<Record<string, { url: string }>>, more = ''): void {
  const listed = Object.entries(servers).map(
    ([name, { url }]) => `  - { name: ${name}, upstream: '${url}/mcp', path: /${name} }`,
  );
  const lines = ['listen: 127.0.0.1:0', 'page: off', `store: ${join(folder, 'store.db')}`, 'drain-seconds: 1', more];
  writeFileSync(`${file}.new`, [...lines, 'servers:', ...listed, ''].join('\n'));
  renameSync(`${file}.new`, file);
}

function urlOf(command: Command, name: string): string {
  const url = new RegExp(`^ {2}${name} +(http:\\S+)`, 'm').exec(command.stderr())?.[1];
  if (url === undefined) throw new Error(`it does not say where clients of ${name} connect:\n${command.stderr()}`);
  return url;
}

async function call(url: string, client = 'caller'): Promise<string> {
  const { client: connected } = await connectV1(url, client);
  const { content } = await connected.callTool({ name: 'who', arguments: {} });
  await connected.close();
  return JSON.stringify(content);
}

it('sessions of two servers never meet, even with equal ids, in any signal', async () => {
  await using one = await startNamed('one', sameId);
  await using two = await startNamed('two', sameId);
  configure({ one, two });
  await using command = await startConfigured(file, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  expect(await call(urlOf(command, 'one'))).toContain('one');
  expect(await call(urlOf(command, 'two'))).toContain('two');
  expect(await call(urlOf(command, 'two'))).toContain('two');
  await receiver.until(() => total(receiver, 'mcpspan.tool_calls') === 3, 'three calls');
  command.kill();
  expect(await command.ended).toBe(0);

  const roots = receiver.spans.filter(({ name }) => name === 'mcp.session');
  const sessions = new Map(roots.map(({ traceId, attributes }) => [traceId, attributes['mcpspan.server']]));
  expect(new Set(sessions.values())).toEqual(new Set(['one', 'two']));
  expect(sessions.size).toBe(2);
  for (const { traceId, attributes } of receiver.spans)
    expect(attributes['mcpspan.server'] ?? sessions.get(traceId)).toBe(sessions.get(traceId));
  for (const [server, calls] of [
    ['one', 1],
    ['two', 2],
  ] as const) {
    expect(total(receiver, 'mcpspan.tool_calls', { 'mcpspan.server': server })).toBe(calls);
    expect(total(receiver, 'mcpspan.handshakes', { 'mcpspan.server': server })).toBe(calls);
  }
  const seen = receiver.logs.filter(({ eventName }) => eventName === 'mcpspan.client.first_seen');
  expect(seen).toHaveLength(2);
  expect(new Set(seen.map(({ attributes }) => attributes['mcpspan.server']))).toEqual(new Set(['one', 'two']));
  // Our own figures are the process's, not a server's.
  expect(labelsOf(receiver, 'mcpspan.self.export_failures')).toEqual([{ 'mcpspan.server': 'mcpspan' }]);

  const recorded = runCli(['sessions', '--json', '--store', join(folder, 'store.db')]);
  expect(await recorded.ended).toBe(0);
  const rows = JSON.parse(recorded.stdout()) as { server: string; session: string }[];
  expect(rows.map(({ server }) => server).toSorted()).toEqual(['one', 'two']);
});

it('takes up servers that come, go and move, without a lost request; a broken file changes nothing', async () => {
  await using one = await startNamed('one');
  await using two = await startNamed('two');
  await using moved = await startNamed('moved');
  configure({ one, two });
  await using command = await startConfigured(file, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const url = urlOf(command, 'one');
  const said = (line: string) => command.untilSaid((stderr) => stderr.includes(line));

  let going = true;
  let calls = 0;
  const caller = (async () => {
    for (; going; calls++) expect(await call(url, 'steady')).toMatch(/one|moved/);
  })();
  // It is noticed by itself; a hang-up has it read at once.
  configure({ one, three: moved });
  await said('was read again: added: three; gone: two (2 servers now)');
  expect(await call(url.replace(/one$/, 'three'))).toContain('moved');
  await expect(call(url.replace(/one$/, 'two'))).rejects.toThrow('no server is configured for /two here');

  configure({ one }, 'listen-to: me');
  command.kill('SIGHUP');
  await said('the servers stay as they are');
  expect(command.stderr()).toMatch(/mcpspan\.yaml:5: listen-to is unknown/);
  expect(await call(url.replace(/one$/, 'three'))).toContain('moved');

  configure({ one: moved, three: moved }, 'store-days: 3');
  command.kill('SIGHUP');
  await said('was read again: changed: one (2 servers now)');
  await said(`store-days: changed in ${file}, and taken up at the next start`);
  going = false;
  await caller;
  // Not before: whose a call is cannot be told while another client uses the same id.
  expect(await call(url)).toContain('moved');
  const total = (): number =>
    receiver.metrics
      .filter(({ name }) => name === 'mcpspan.tool_calls')
      .flatMap(({ points }) => [...points])
      .filter(({ attributes }) => attributes['mcpspan.client'] === 'steady')
      .reduce((sum, point) => sum + ('value' in point ? point.value : 0), 0);
  await receiver.until(() => total() === calls, `${calls} calls`);
  // A server that moves keeps its sessions: their clients are known as before.
  const clients = new Set(labelsOf(receiver, 'mcpspan.tool_calls').map((labels) => labels['mcpspan.client']));
  expect(clients).toEqual(new Set(['steady', 'caller']));
});

it('a dead upstream is named, and hurts no other', async () => {
  await using one = await startNamed('one');
  const dead = await startNamed('dead');
  await dead.close();
  configure({ one, dead });
  await using command = await startConfigured(file);
  await command.untilSaid((stderr) => stderr.includes('mcpspan: dead: the upstream'));
  await expect(call(urlOf(command, 'dead'))).rejects.toThrow('cannot be reached');
  expect(await call(urlOf(command, 'one'))).toContain('one');
  expect(command.stderr()).not.toContain('mcpspan: one:');
});
