import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a client's script reports of its conversation. */
export interface Said {
  /** The names of the tools it was offered. */
  readonly tools: readonly string[];
  /** The text of each answer of `echo`. */
  readonly said: readonly string[];
}

export interface Speaker {
  /** What runs it. */
  readonly command: string;
  /** A program for standard input, which finds its packages from `cwd`. */
  readonly script: URL;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** A script of `scripts/` on this Node, in the folder whose packages it uses. */
export const nodeSpeaker = (script: string, cwd: string): Speaker => ({
  command: process.execPath,
  script: new URL(`scripts/${script}.mjs`, import.meta.url),
  args: ['--input-type=module', '-'],
  cwd,
});

/**
 * Lets a client speak, as a process with an empty home and nothing of our environment but `PATH`: it lists the tools
 * and calls `echo` so many times. `traces`: where it may send spans of its own. @throws with all that it wrote when it
 * fails
 */
export async function speak(
  { command, script, args, cwd }: Speaker,
  task: { url: string; calls: number; traces: string; options: object },
): Promise<Said> {
  const home = mkdtempSync(join(tmpdir(), 'mcpspan-client-'));
  try {
    const child = spawn(command, [...args, JSON.stringify(task)], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: home, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const exited = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    child.stdin.end(readFileSync(script));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    if (code !== 0) throw new Error(`the client ended with ${code}:\n${stdout}\n${stderr}`);
    // The scripts print it as their last line.
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Said;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
