import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** The words that run a command through mcpspan. */
export const through = (command: readonly string[], options: readonly string[] = []): [string, ...string[]] => [
  process.execPath,
  ENTRY,
  ...options,
  '--',
  ...command,
];

/** The words that run this code on this Node. */
export const code = (source: string): [string, ...string[]] => [process.execPath, '-e', source];

/** A command as a client runs it: with pipes for its three streams. */
export interface Running extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly pid: number;
  stderr(): string;
  /** Resolves once `predicate` holds of what it wrote to stderr. Rejects when it ends before. */
  untilSaid(predicate: (stderr: string) => boolean): Promise<void>;
  /** All of its stdout, when that has ended. Takes it up from now on. */
  output(): Promise<Buffer>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

interface Circumstances {
  env?: Readonly<Record<string, string>>;
  /** The leader of a process group of its own, to which `kill(-pid)` sends. */
  leads?: boolean;
  cwd?: string;
}

/** Runs a command with the environment that clients give: a PATH, and what is said here. */
export function run(
  [program = '', ...args]: readonly string[],
  { env = {}, leads = false, cwd }: Circumstances = {},
): Running {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], MCPSPAN_STORE: 'off', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: leads,
    cwd,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} was not started`);
  // A reader that went away is what some of the tests are about.
  child.stdin.on('error', () => undefined);
  let stderr = '';
  let over = false;
  let changed = Promise.withResolvers<void>();
  const announce = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr += text;
    announce();
  });
  const ended = once(child, 'exit').then(([exitCode, signal]: (number | NodeJS.Signals | null | undefined)[]) => {
    over = true;
    setImmediate(announce);
    const how = exitCode ?? signal;
    if (how === null || how === undefined) throw new Error('a process that ended has neither exit code nor signal');
    return how;
  });
  return {
    process: child,
    pid,
    stderr: () => stderr,
    ended,
    async untilSaid(predicate) {
      while (!predicate(stderr)) {
        if (over) throw new Error(`it ended before that was said:\n${stderr}`);
        await changed.promise;
      }
    },
    async output() {
      const pieces: Buffer[] = [];
      child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
      await once(child.stdout, 'end');
      return Buffer.concat(pieces);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      // A process that it left behind must not keep the test waiting.
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

/** Whether a process runs: one that has ended and that nobody has waited for does not. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

/**
 * What was written to stderr, without the line of ours that says that telemetry had no time to arrive: at the end it has
 * a second, which a busy machine may not find.
 */
export const unhurried = (stderr: string): string =>
  stderr.replaceAll(
    /^mcpspan: (telemetry was not flushed|telemetry could not be flushed|\d+ (spans|logs) were not delivered).*\n/gm,
    '',
  );
