import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Transport } from './sdk.ts';

/** A talk that takes longer hangs. */
const MAX_TALK_MS = 60_000;

/** What a client is to do. */
export interface Task {
  readonly transport: Transport;
  /** Of an HTTP server. */
  readonly url?: string;
  /** That is a server on its pipes. */
  readonly command?: readonly string[];
  readonly calls: readonly { name: string; arguments: object }[];
}

/** A call as the client saw it. */
export interface Called {
  readonly tool: string;
  readonly isError: boolean;
  readonly text: string;
  readonly progress: readonly number[];
  readonly ms: number;
}

/** What a client reports. */
export interface Report {
  /** The name that the server gave itself. */
  readonly server: string;
  readonly tools: readonly string[];
  readonly calls: readonly Called[];
}

/** A server of ours as a process, over HTTP, in a folder that goes with it. */
export async function startServer(
  command: readonly string[],
  transport: Transport,
): Promise<AsyncDisposable & { url: string }> {
  const [program = '', ...args] = command;
  const scratch = mkdtempSync(join(tmpdir(), 'mcpspan-language-'));
  const child = spawn(program, [...args, 'server', transport], { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    const port = /^listening on port (\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stderr.resume();
    return {
      url: `http://127.0.0.1:${port}/${transport.startsWith('sse') ? 'sse' : 'mcp'}`,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        rmSync(scratch, { recursive: true });
      },
    };
  }
  rmSync(scratch, { recursive: true });
  throw new Error(`the server did not start:\n${said.join('\n')}`);
}

/**
 * Lets a client of ours talk, as a process with an empty home and nothing of our environment but `PATH`. @param before
 * what is waited for before it is told to leave. @throws with what it wrote when it fails
 */
export async function talk(command: readonly string[], task: Task, before = () => Promise.resolve()): Promise<Report> {
  const [program = '', ...args] = command;
  const home = mkdtempSync(join(tmpdir(), 'mcpspan-language-'));
  const child = spawn(program, [...args, 'client', JSON.stringify(task)], {
    // Java reads its arguments by the locale.
    env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), MAX_TALK_MS);
  try {
    const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal));
    });
    const stderr = text(child.stderr);
    let report: Report | undefined;
    for await (const line of createInterface(child.stdout)) {
      if (!line.startsWith('{"server"')) continue;
      // Our own programs write it, in this shape.
      report = JSON.parse(line) as Report;
      await before();
      child.stdin.end();
    }
    const ending = await ended;
    if (ending !== 0 || report === undefined) throw new Error(`the client ended with ${ending}:\n${await stderr}`);
    return report;
  } finally {
    clearTimeout(late);
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}
