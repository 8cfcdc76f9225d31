import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { PAGE_LINE } from './cli.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

it.each(['--max-old-space-size=512', '--expose-gc', '--enable-source-maps'])(
  'runs with node %s, the observer too',
  async (flag) => {
    const args = ['--upstream', 'http://127.0.0.1:9/mcp', '--listen', '127.0.0.1:0', '--page', '127.0.0.1:0'];
    const child = spawn(process.execPath, [flag, ENTRY, ...args, '--store', 'off'], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    const page = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (PAGE_LINE.test(said)) resolve();
      });
    });
    const ended = once(child, 'exit');
    await Promise.race([page, ended]);
    child.kill();
    await ended;
    expect(said).toMatch(PAGE_LINE);
    expect(said).not.toContain('the observer failed');
  },
);
