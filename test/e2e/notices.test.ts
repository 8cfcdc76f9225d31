import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openReader } from '../../src/store/reader.ts';
import { httpServer } from '../support/listen.ts';
import { startCli } from './cli.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-notices-'));
  store = join(folder, 'record.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The report, without the marks that keep its texts from being Markdown. */
const report = (): string =>
  execFileSync(process.execPath, [ENTRY, 'report', '-', '--store', store], { encoding: 'utf8' }).replaceAll('\\', '');

/** What the page shows under Health. */
function counted(): string[] {
  const opened = openReader(store, Date.now);
  if (opened.kind === 'trouble') throw new Error(opened.sentence);
  using reader = opened.reader;
  return reader.counts({}).map(({ what }) => what);
}

/** A server that answers every POST with 202, and a GET with an event stream. */
const streaming = (onStream: (response: http.ServerResponse) => void) =>
  httpServer((request, response) => {
    if (request.method === 'POST') response.writeHead(202).end();
    else {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      onStream(response);
    }
  });

it('a server whose endpoint leads past mcpspan is told of once, on stderr and in Health', async () => {
  await using upstream = await streaming((response) =>
    response.write('event: endpoint\ndata: http://10.9.8.7:8000/messages?session_id=SECRET\n\n'),
  );
  await using cli = await startCli(`http://127.0.0.1:${upstream.port}/sse`, ['--store', store]);
  const sentence = 'the server told its client to send its requests to 10.9.8.7:8000, past mcpspan';
  const streams = [await fetch(cli.url), await fetch(cli.url)];
  await cli.untilSaid((stderr) => stderr.includes(sentence));
  for (const stream of streams) await stream.body?.cancel();
  expect(await cli.stop()).toBe(0);
  expect(cli.stderr().split(sentence)).toHaveLength(2);
  expect(cli.stderr()).not.toContain('SECRET');
  expect(counted()).toContain('notice-endpoint-elsewhere 10.9.8.7:8000');
});

it('a server whose answers fit no call is told of once, on stderr and in the report', async () => {
  const answer = (index: number) => JSON.stringify({ jsonrpc: '2.0', id: `SECRET-${index}`, result: {} });
  let stream: http.ServerResponse | undefined;
  await using upstream = await streaming((response) => {
    stream = response;
    response.write('event: endpoint\ndata: /messages?session_id=1\n\n');
  });
  await using cli = await startCli(`http://127.0.0.1:${upstream.port}/sse`, ['--store', store]);
  const opened = await fetch(cli.url);
  for (let id = 0; id < 8; id++) {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
    await fetch(new URL('/messages?session_id=1', cli.url), { method: 'POST', body });
    stream?.write(`data: ${answer(id)}\n\n`);
  }
  const shapes =
    '(ids sent: a number; answered: text of 8 characters; in the stream of an endpoint, without event ids)';
  await cli.untilSaid((stderr) => stderr.includes(shapes));
  await opened.body?.cancel();
  expect(await cli.stop()).toBe(0);
  expect(cli.stderr().split("answers of this server can't be matched to their calls")).toHaveLength(2);
  expect(cli.stderr()).not.toContain('SECRET');
  expect(report()).toContain(shapes);
});
