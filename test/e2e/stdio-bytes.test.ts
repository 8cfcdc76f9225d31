import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { standstill } from '../support/standstill.ts';
import { code, run, through, unhurried } from './wrapped.ts';

const MEGABYTE = 1_048_576;
/** What pipes, sockets and streams on the way may hold. */
const ON_THE_WAY = 2 * MEGABYTE;
const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}';

const AWKWARD: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['a line', Buffer.from(`${REQUEST}\n`)],
  ['a line without its end', Buffer.from(REQUEST)],
  ['lines that end in CR LF', Buffer.from(`${REQUEST}\r\n${REQUEST}\r\n`)],
  ['empty lines', Buffer.from(`\n\n\r\n${REQUEST}\n\n\n`)],
  ['NUL', Buffer.from(`\0${REQUEST.replace('echo', 'a\0b')}\0\n\0`)],
  ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0xf0, 0x9f])],
  ['a byte order mark, and UTF-16', Buffer.from(`\ufeff${REQUEST}\n`, 'utf16le')],
  ['what is not JSON', Buffer.from('Content-Length: 2\r\n\r\n{}npm warn\n\u001B[31mred\u001B[0m\n}{\n')],
  [
    'duplicate keys, numbers and escapes as they are',
    Buffer.from('{"a":1.0,"a":1e2,"b":"\\u0041\\/","id":12345678901234567890}\n'),
  ],
  ['a batch', Buffer.from(`[${REQUEST},${REQUEST}]\n`)],
  ['a line of 20 MB', Buffer.from(`{"jsonrpc":"2.0","id":1,"result":"${'é'.repeat(10 * MEGABYTE)}"}\n`)],
  ['3 MB of anything', randomBytes(3 * MEGABYTE)],
  ['100 000 short lines', Buffer.from('{"jsonrpc":"2.0","method":"notifications/x"}\n'.repeat(100_000))],
];

/** Clients give a command sockets or pipes; a shell gives it pipes. */
const betweenPipes = (command: readonly string[]): string[] => ['sh', '-c', 'cat | "$@" | cat', 'sh', ...command];
const asItIs = (command: readonly string[]): readonly string[] => command;
const SMALL_RING = ['--observe-credit-bytes', '65536'];

describe.each([
  { what: 'with nothing to observe', observed: false, options: [], placed: asItIs, least: 0 },
  { what: 'observed', observed: true, options: [], placed: asItIs, least: 0 },
  { what: 'observed, between pipes', observed: true, options: [], placed: betweenPipes, least: MEGABYTE },
  { what: 'observed too slowly', observed: true, options: SMALL_RING, placed: asItIs, least: MEGABYTE },
])('a wrapped command, $what', ({ observed, options, placed, least }) => {
  let receiver: OtlpReceiver;
  const env: Record<string, string> = {};
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    if (observed) env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
  });
  afterAll(() => receiver.close());

  it.each(AWKWARD.filter(([, bytes]) => bytes.length >= least))(
    'is given %s, and its output arrives, byte for byte',
    async (_, bytes) => {
      await using command = run(placed(through(['cat'], options)), { env });
      const output = command.output();
      command.process.stdin.end(bytes);
      const [there] = await Promise.all([output, command.ended]);
      expect(there.length).toBe(bytes.length);
      expect(there.equals(bytes)).toBe(true);
      expect(await command.ended).toBe(0);
      expect(unhurried(command.stderr())).toBe('');
    },
  );

  it('is given each byte when it comes, not when its line is complete', async () => {
    await using command = run(placed(through(['cat'], options)), { env });
    const { stdin, stdout } = command.process;
    for (const byte of REQUEST) {
      stdin.write(byte);
      expect(String((await once(stdout, 'data'))[0])).toBe(byte);
    }
  });
});

describe('a wrapped command between files', () => {
  it('reads the one and writes the other, byte for byte', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpspan-stdio-'));
    const [there, back] = [join(folder, 'there'), join(folder, 'back')];
    const bytes = randomBytes(3 * MEGABYTE);
    writeFileSync(there, bytes);
    await using command = run(['sh', '-c', '"$@" <"$0/there" >"$0/back"', folder, ...through(['cat'])]);
    expect(await command.ended).toBe(0);
    expect(readFileSync(back).equals(bytes)).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

/** Reads nothing until it is signalled, then all, and tells the digest. */
const READS_LATE = `
  const waiting = setTimeout(() => undefined, 60_000);
  process.once('SIGUSR2', () => {
    clearTimeout(waiting);
    const hash = require('node:crypto').createHash('sha256');
    process.stdin.on('data', (piece) => hash.update(piece)).on('end', () => console.error(hash.digest('hex')));
  });
  console.error('ready');
`;

/** Writes 32 MB in pieces, telling how many were taken, and repeats on stderr what it is given. */
const WRITES_MUCH = `
  const piece = Buffer.alloc(65_536, 'x');
  const write = (before) => {
    console.error('taken ' + before);
    if (before < 512) process.stdout.write(piece, () => write(before + 1));
    else process.stdout.end();
  };
  write(0);
  process.stdin.on('data', (line) => process.stderr.write(line));
`;

describe('what is on its way', () => {
  it('to a command that does not read is held back at the client', async () => {
    await using command = run(through(code(READS_LATE)));
    await command.untilSaid((stderr) => stderr.includes('ready'));
    const { stdin } = command.process;
    const bytes = randomBytes(32 * MEGABYTE);
    for (let from = 0; from < bytes.length; from += 65_536) stdin.write(bytes.subarray(from, from + 65_536));
    await standstill(() => stdin.writableLength);
    expect(stdin.writableLength).toBeGreaterThan(bytes.length - ON_THE_WAY);
    command.process.kill('SIGUSR2');
    stdin.end();
    await command.untilSaid((stderr) => stderr.includes(createHash('sha256').update(bytes).digest('hex')));
    expect(await command.ended).toBe(0);
  });

  it('to a client that does not read is held back at the command, which is still given what comes', async () => {
    await using command = run(through(code(WRITES_MUCH)));
    const { stdin } = command.process;
    const taken = (): number => Number(/taken (\d+)\n(?!.*taken)/s.exec(command.stderr())?.[1]);
    await command.untilSaid((stderr) => stderr.includes('taken 1\n'));
    await standstill(taken);
    expect(taken() * 65_536).toBeLessThan(ON_THE_WAY);
    stdin.write('still here\n');
    await command.untilSaid((stderr) => stderr.includes('still here'));
    const output = command.output();
    stdin.end();
    expect((await output).length).toBe(32 * MEGABYTE);
    expect(await command.ended).toBe(0);
  });

  it('to a slow client arrives, although the command has long ended', async () => {
    await using command = run(through(['sh', '-c', 'head -c 300000 /dev/zero; echo gone >&2']));
    await command.untilSaid((stderr) => stderr.includes('gone'));
    await standstill(() => command.stderr().length);
    expect((await command.output()).length).toBe(300_000);
    expect(await command.ended).toBe(0);
  });
});
