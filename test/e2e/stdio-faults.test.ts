import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { code, isAlive, run, through, unhurried, type Running } from './wrapped.ts';

const OBSERVED_BY = fileURLToPath(new URL('./wrap-observed-by.ts', import.meta.url));
/** Nobody listens there: it is never given out as a free port. */
const NOWHERE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
const LINE = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';

/** Lines there and back, one after the other; then the end. */
async function converse(command: Running, times = 50): Promise<void> {
  const { stdin, stdout } = command.process;
  for (let time = 0; time < times; time++) {
    stdin.write(LINE);
    let answer = '';
    while (answer.length < LINE.length) answer += String((await once(stdout, 'data'))[0]);
    expect(answer).toBe(LINE);
  }
  const rest = command.output();
  stdin.end();
  expect(await command.ended).toBe(0);
  expect((await rest).length).toBe(0);
}

/** Answers every request. */
const ANSWERS = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id } = JSON.parse(line);
    console.log(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', serverInfo: { name: 's', version: '1' } } }));
  });
`;
const QUICK = { OTEL_BSP_SCHEDULE_DELAY: '50' };

async function ask({ process: { stdin, stdout } }: Running, method: string, params: object): Promise<void> {
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: method, method, params })}\n`);
  await once(stdout, 'data');
}

const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };

describe('a wrapped command goes its way', () => {
  it.each([
    'throws-at-start',
    'exits-at-start',
    'blocks-at-start',
    'blocks-when-ready',
    'never-reads',
    'throws-while-reading',
    'exits-while-reading',
  ])('with an observer that %s', async (fault) => {
    const observer = `../transparency/observers/${fault}.ts`;
    const words = [process.execPath, OBSERVED_BY, observer, '--observe-credit-bytes', '65536', '--', 'cat'];
    await using command = run(words, { env: NOWHERE });
    await converse(command, 2_000);
  });

  it.each<[string, string[], Record<string, string>]>([
    ['a collector that is not there', [], NOWHERE],
    ['an endpoint that is none', [], { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }],
    ['an exporter that nobody knows', [], { OTEL_TRACES_EXPORTER: 'zipkin' }],
    ['a sampler that nobody knows', [], { ...NOWHERE, OTEL_TRACES_SAMPLER: 'jaeger_remote' }],
    ['variables of ours that make no sense', [], { ...NOWHERE, MCPSPAN_CAPTURE: 'all', MCPSPAN_SPOOL_MAX_MB: '-1' }],
    ['variables of ours that are for HTTP', [], { MCPSPAN_LISTEN: 'here', MCPSPAN_UPSTREAM: 'nowhere' }],
    ['a spool where no folder can be', ['--spool', '/dev/null/spool'], NOWHERE],
    ['a certificate that is not there', [], { ...NOWHERE, OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such/file' }],
    ['headers that are none', [], { ...NOWHERE, OTEL_EXPORTER_OTLP_HEADERS: '=,=\u{1f600}' }],
  ])('with %s', async (_, options, env) => {
    await using command = run(through(['cat'], options), { env });
    await converse(command);
    for (const line of command.stderr().split('\n').slice(0, -1)) expect(line).toMatch(/^mcpspan: /);
  });

  it('with a collector that takes the request and never answers, which costs a second at the end', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behave('hold');
    await using command = run(through(['cat']), { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
    await converse(command);
    receiver.behave('accept');
  });

  it('with a page whose port is taken', async () => {
    await using taken = await listen(createServer());
    await using command = run(through(['cat'], ['--page', `127.0.0.1:${taken.port}`]));
    command.process.stdin.write(LINE);
    await command.untilSaid((stderr) => stderr.includes('there is no page'));
    await once(command.process.stdout, 'data');
    await converse(command);
  });

  it('with a client that does not read stderr', async () => {
    const talks = code(`
      process.stdin.pipe(process.stdout);
      process.stdin.on('end', () => process.exit(0));
      process.stderr.write('x'.repeat(4_000_000));
    `);
    await using command = run(through(talks), { env: { ...NOWHERE, OTEL_TRACES_EXPORTER: 'zipkin' } });
    command.process.stderr.pause();
    await converse(command);
  });

  it('with exporters that write to the console: to stderr', async () => {
    await using command = run(through(['cat']), {
      env: { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'console' },
    });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    command.process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}\n`);
    await once(command.process.stdout, 'data');
    await converse(command);
  });
});

describe('when the command has ended', () => {
  it('a signal ends the wait for telemetry to be delivered', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.behave('hold');
    const words = through(code(`process.exitCode = 9; ${ANSWERS}`));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await using patient = run(words, { env });
    await using hurried = run(words, { env });
    for (const command of [patient, hurried]) await ask(command, 'initialize', INITIALIZE);
    const outputs = [patient, hurried].map((command) => command.output());
    for (const command of [patient, hurried]) command.process.stdin.end();
    await Promise.all(outputs);
    // The first signal may still be passed on to the command.
    const ending = setInterval(() => hurried.process.kill('SIGTERM'), 20);
    const first = await Promise.race([patient.ended.then(() => 'patient'), hurried.ended.then(() => 'hurried')]);
    clearInterval(ending);
    expect(first).toBe('hurried');
    expect([await patient.ended, await hurried.ended]).toEqual([9, 9]);
    receiver.behave('accept');
  });
});

describe('stderr', () => {
  it('has what the command writes and nothing of ours, whether something is exported or not', async () => {
    await using receiver = await startOtlpReceiver();
    for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }]) {
      await using command = run(
        through(['sh', '-c', String.raw`printf 'a\0\377\r\n' >&2; cat >/dev/null; printf b >&2`]),
        { env },
      );
      command.process.stdin.end(LINE);
      await once(command.process.stderr, 'end');
      expect(unhurried(command.stderr())).toBe('a\0\u00ff\r\nb');
    }
  });

  it.runIf(process.platform === 'linux')(
    'stays as it was for the command: writing to it waits for the reader',
    async () => {
      const flags =
        "process.stdin.once('data', () => console.log(require('fs').readFileSync('/proc/self/fdinfo/2', 'latin1')))";
      const words = through(code(`${flags}.on('data', () => process.exit())`));
      await using command = run(words, { env: { ...NOWHERE, OTEL_TRACES_SAMPLER: 'jaeger_remote' } });
      await command.untilSaid((stderr) => stderr.includes('mcpspan: '));
      command.process.stdin.write('now');
      const [info] = await once(command.process.stdout, 'data');
      const nonBlocking = 0o4000;
      expect(Number.parseInt(/flags:\s*(\d+)/.exec(String(info))?.[1] ?? '', 8) & nonBlocking).toBe(0);
    },
  );
});

/** Inodes of the sockets on which anything on this machine listens. */
const listening = (): string[] =>
  ['tcp', 'tcp6']
    .flatMap((family) => readFileSync(`/proc/self/net/${family}`, 'latin1').split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/))
    .flatMap((row) => (row[3] === '0A' ? (row[9] ?? []) : []));

/** Inodes of the sockets that a process has open. */
function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch (error) {
      // Closed since they were listed.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  });
}

describe('an observer that failed', () => {
  it('is followed by one that knows the process, and reads on from the next line', async () => {
    await using receiver = await startOtlpReceiver();
    const words = [process.execPath, OBSERVED_BY, './observers/dies-first.ts', '--', ...code(ANSWERS)];
    await using command = run(words, { env: { ...QUICK, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
    await ask(command, 'initialize', INITIALIZE);
    await command.untilSaid((stderr) => stderr.includes('the observer failed'));
    const seen = (): boolean => receiver.spans.some(({ name }) => name === 'tools/call late');
    while (!seen()) {
      await ask(command, 'tools/call', { name: 'late' });
      await receiver.until(seen, 'a call', 200).catch(() => undefined);
    }
    command.process.stdin.end();
    expect(await command.ended).toBe(0);
  });
});

describe('eight at once', () => {
  it('share a spool, open no port, are all told of, and leave nothing running', async () => {
    await using receiver = await startOtlpReceiver();
    const env = { ...QUICK, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    const spool = mkdtempSync(join(tmpdir(), 'mcpspan-stdio-'));
    const names = Array.from({ length: 8 }, (_, index) => `server-${index}`);
    const commands = names.map((name) => run(through(code(ANSWERS), ['--name', name, '--spool', spool]), { env }));
    try {
      await Promise.all(commands.map((command) => ask(command, 'initialize', INITIALIZE)));
      await receiver.until(({ spans }) => new Set(spans.map((span) => span.attributes['mcpspan.server'])).size === 8);
      if (process.platform === 'linux') {
        const open = commands.flatMap(({ pid }) => socketsOf(pid));
        expect(listening().filter((inode) => open.includes(inode))).toEqual([]);
      }
      for (const { process: child } of commands) child.stdin.end();
      for (const { ended } of commands) expect(await ended).toBe(0);
      for (const { pid } of commands) expect(isAlive(pid)).toBe(false);
    } finally {
      await Promise.all(commands.map((command) => command[Symbol.asyncDispose]()));
      rmSync(spool, { recursive: true });
    }
  });
});
