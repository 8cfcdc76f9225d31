import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryGroup } from './memory-group.ts';
import { playSessions, startAnswering } from './sessions.ts';

const root = join(import.meta.dirname, '../../..');
const MEGABYTE_BYTES = 1_048_576;
const LIMIT_MB = 128;
const SESSIONS = 5_000;
const CALLS = 20;
/** A port of loopback at which nobody listens. */
const NOBODY = 'http://127.0.0.1:9';

const group = createMemoryGroup(`mcpspan-test-${process.pid}`, LIMIT_MB * MEGABYTE_BYTES);
if (typeof group === 'string') process.stderr.write(`test/slow/memory is left out: ${group}\n`);
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-memory-'));

beforeAll(() => {
  // As it is installed: from source, the code that strips types takes memory, too.
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(folder, 'dist')], { cwd: root });
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  if (typeof group !== 'string') await group[Symbol.asyncDispose]();
});

it.skipIf(typeof group === 'string')(
  'a proxy with 128 MB whose endpoint is out of reach is not killed: it drops spans, and counts them',
  async () => {
    if (typeof group === 'string') return;
    await using upstream = await startAnswering();
    const words = ['--upstream', `${upstream.url}/mcp`, '--listen', '127.0.0.1:0', '--page', 'off', '--store', 'off'];
    const proxy = spawn(
      'sh',
      [
        '-c',
        `echo $$ > ${group.processesFile} && exec "$@"`,
        'sh',
        process.execPath,
        join(folder, 'dist/mcpspan.cjs'),
        ...words,
      ],
      { env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = once(proxy, 'close');
    let stderr = '';
    const url = await new Promise<string>((resolve, reject) => {
      proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        const [, clients] = /^ {2}clients {3}(\S+)$/m.exec(stderr) ?? [];
        if (clients !== undefined) resolve(clients);
      });
      proxy.once('exit', () => reject(new Error(`it did not start:\n${stderr}`)));
    });
    const answered = await playSessions(url, SESSIONS, CALLS);
    const maxUsedMb = group.maxUsedBytes() / MEGABYTE_BYTES;
    proxy.kill('SIGTERM');
    expect({ answered, ended: await ended }).toEqual({ answered: SESSIONS, ended: [0, null] });
    expect(stderr).toContain(`the spool holds 16 MB, not 64: an eighth of the memory limit of this process, 128 MB`);
    const [, lost] = /^mcpspan: (\d+) spans were not delivered/m.exec(stderr) ?? [];
    expect(Number(lost)).toBeGreaterThan(SESSIONS * CALLS);
    // More than what a spool of 64 MB would have left.
    expect(maxUsedMb).toBeLessThan(LIMIT_MB - 5);
    process.stderr.write(
      `memory: at most ${Math.round(maxUsedMb)} MB of ${LIMIT_MB} for ${SESSIONS * (CALLS + 3)} requests\n`,
    );
  },
);
