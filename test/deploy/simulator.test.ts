import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpServer } from '../support/listen.ts';
import { root } from './yaml.ts';

let folder: string;

/** The script where the image has it, beside a dist/ that stands for the built one. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-simulator-'));
  mkdirSync(join(folder, 'dist/simulator'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const name of ['player', 'profiles', 'server']) {
    const source = pathToFileURL(join(root, `src/simulator/${name}.ts`)).href;
    writeFileSync(join(folder, `dist/simulator/${name}.js`), `export * from '${source}';\n`);
  }
  cpSync(join(root, 'deploy/simulator.js'), join(folder, 'deploy/simulator.js'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Simulator {
  readonly child: ChildProcess;
  /** Resolves with what it said when it has said that. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

function start(env: Readonly<Record<string, string>>): Simulator {
  const child = spawn(process.execPath, [join(folder, 'deploy/simulator.js')], {
    env: { ...process.env, SIMULATOR_HOST: '127.0.0.1', SIMULATOR_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    child.emit('said');
  });
  return {
    child,
    async said(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match;
        await once(child, 'said');
      }
    },
  };
}

async function end({ child }: Simulator): Promise<unknown> {
  child.kill('SIGTERM');
  const [code]: unknown[] = await once(child, 'exit');
  return code;
}

describe('the simulator of docker-compose.yml', () => {
  it('calls its target with each simulated client but the one that would share a name, and ends when told to', async () => {
    const agents = new Set<string | undefined>();
    const calls = new EventEmitter();
    await using target = await httpServer((request, response) => {
      agents.add(request.headers['user-agent']);
      response.writeHead(502).end();
      calls.emit('call');
    });
    const simulator = start({ SIMULATOR_TARGET: `${target.url}/mcp`, SIMULATOR_SPEED: '1000' });
    const [, players] = await simulator.said(/simulator: (.*) call http/);
    expect(players?.split(', ')).toEqual([
      'chatgpt-2025',
      'claude-2026-03',
      'modern-stateless',
      'reconnect-loop',
      'scanner',
    ]);
    while (agents.size < 3) await once(calls, 'call');
    expect(await end(simulator)).toBe(0);
  });
});
