import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openReader } from '../../src/store/reader.ts';
import { startCli } from '../e2e/cli.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo, type Speaker } from '../e2e/speaker.ts';
import { code, run, through } from '../e2e/wrapped.ts';
import { readerOf, rowsOf, startRig, temporaryFolder } from './store-rig.ts';

/** A server of one tool that reads lines from stdin. */
const SERVER = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    const result = method === 'initialize' ? { protocolVersion: '2025-11-25' } : { content: [] };
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
`;

const speakers = (url: string, number: number): Speaker[] =>
  Array.from({ length: number }, (_, index) => speakTo(url, { name: `client-${index}`, version: '1.0.0' }));

/** How many operations there are, in what may be no store yet. */
function operationsIn(path: string): number {
  const opened = openReader(path, Date.now);
  if (opened.kind === 'trouble') return 0;
  using reader = opened.reader;
  return reader.contents().operations;
}

describe('the store of a proxy', () => {
  it('that is killed under load is whole, and has all that was seen in it before', async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    await using upstream = await startPlainServer();
    await using cli = await startCli(upstream.url, ['--store', path, '--name', 'quiz']);
    let going = true;
    const all = speakers(cli.url, 8);
    const load = all.map(async (speaker) => {
      await speaker.open();
      while (going) await speaker.call('echo').catch(() => (going = false));
    });
    while (operationsIn(path) < 500) await pause(50);
    const before = operationsIn(path);
    cli.kill('SIGKILL');
    await cli.ended;
    await Promise.all(load);
    expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(operationsIn(path)).toBeGreaterThanOrEqual(before);
    using reader = readerOf(path);
    const clients = reader.sessions({}).map(({ client }) => client);
    expect(clients.toSorted()).toEqual(all.map((_, index) => `client-${index}`));
  });

  it.each<[string, (path: string) => Disposable | undefined, RegExp]>([
    [
      'is locked all the time',
      (path) => {
        startRig(path).store.close();
        const other = new DatabaseSync(path);
        other.exec('BEGIN EXCLUSIVE');
        return other;
      },
      /store\.db is locked by another program; end what holds it/g,
    ],
    [
      'is damaged',
      (path) => {
        startRig(path).store.close();
        writeFileSync(path, readFileSync(path).fill(0x5a, 2_000));
        return undefined;
      },
      /the store is off: .*store\.db is damaged; move the file away/g,
    ],
  ])('that %s costs the traffic nothing, and is said once', async (_, prepare, sentence) => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    using _held = prepare(path);
    await using upstream = await startPlainServer();
    await using cli = await startCli(upstream.url, ['--store', path]);
    const [speaker] = speakers(cli.url, 1);
    expect(await speaker?.open()).toBe(200);
    for (let call = 0; call < 20; call++) expect(await speaker?.call('echo')).toBe(200);
    expect(await cli.stop()).toBe(0);
    expect(cli.stderr().match(sentence)).toHaveLength(1);
  });
});

describe('wrapped servers that share one store', () => {
  it('are all in it, eight at a time', { timeout: 120_000 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    const names = Array.from({ length: 8 }, (_, index) => `wrapped-${index}`);
    const params = { protocolVersion: '2025-11-25', clientInfo: { name: 'claude-ai' } };
    const messages = [
      { id: 1, method: 'initialize', params },
      { method: 'notifications/initialized' },
      ...Array.from({ length: 10 }, (_, call) => ({ id: call + 2, method: 'tools/call', params: { name: 'only' } })),
    ];
    const commands = names.map((name) => {
      const command = run(through(code(SERVER), ['--store', path, '--name', name]));
      for (const message of messages)
        command.process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      return { command, output: command.output() };
    });
    while (operationsIn(path) < names.length * messages.length) await pause(100);
    for (const { command, output } of commands) {
      command.process.stdin.end();
      expect(
        String(await output)
          .trim()
          .split('\n'),
      ).toHaveLength(11);
      expect(await command.ended).toBe(0);
      expect(command.stderr()).not.toMatch(/store (is off|waits)/);
    }
    using reader = readerOf(path);
    expect(reader.contents()).toMatchObject({
      servers: names,
      operations: names.length * messages.length,
      notStored: 0,
    });
    const found = reader.sessions({});
    expect(found.map(({ server }) => server).toSorted()).toEqual(names);
    for (const each of found) expect(each).toMatchObject({ source: 'process', real: true, toolCalls: 10 });
  });
});
