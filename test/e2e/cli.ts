import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** Tests wait for exports: these come as soon as they may without keeping the process busy. */
const QUICK = {
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_BLRP_SCHEDULE_DELAY: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
};

/** Where the page is, at the start or, on a busy machine, later; with a token, how to open it follows. */
export const PAGE_LINE = /^(?: {2}page {6}|mcpspan: the page is open now: )(http:\/\/[^\s/]+)/m;

type Ending = number | NodeJS.Signals;

/** A process. */
export interface Command extends AsyncDisposable {
  /** All it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<Ending>;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves once `predicate` holds of what it wrote to stderr. Rejects when it ends before. */
  untilSaid(predicate: (stderr: string) => boolean): Promise<void>;
}

export interface Cli extends Command {
  /** What the `clients` line names. */
  readonly url: string;
  readonly port: number;
  /** SIGTERM, then the exit code. */
  stop(): Promise<Ending>;
}

/** Runs a script with this Node and nothing in its environment but what is given. */
export function runScript(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Command {
  const child = spawn(process.execPath, [script, ...args], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let over = false;
  let changed = Promise.withResolvers<void>();
  const announce = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    announce();
  });
  const ended = once(child, 'close').then(([code, signal]: (Ending | null | undefined)[]) => {
    over = true;
    announce();
    const how = code ?? signal;
    if (how === null || how === undefined) throw new Error('a process that ended has neither exit code nor signal');
    return how;
  });
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    async untilSaid(predicate) {
      while (!predicate(stderr)) {
        if (over) throw new Error(`it ended before that was said:\n${stderr}`);
        await changed.promise;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs `mcpspan ARGS` as a process. */
export const runCli = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Command =>
  runScript(ENTRY, args, env);

/** Runs the proxy with a configuration file; resolves when it has said where telemetry goes. */
export async function startConfigured(file: string, env: Readonly<Record<string, string>> = {}): Promise<Command> {
  const command = runCli(['--config', file], { ...QUICK, ...env });
  await command.untilSaid((stderr) => /^ {2}logs {6}\S/m.test(stderr));
  return command;
}

/**
 * Runs the proxy on a free loopback port; resolves when it has said where it listens and where telemetry goes. Told to
 * stop, it waits for nobody unless `args` says so.
 */
export async function startCli(
  upstream: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Cli> {
  const defaults = [
    '--upstream',
    upstream,
    '--listen',
    '127.0.0.1:0',
    '--page',
    'off',
    '--store',
    'off',
    '--drain-seconds',
    '0',
  ];
  const command = runCli([...defaults, ...args], { ...QUICK, ...env });
  await command.untilSaid((stderr) => /^ {2}logs {6}\S/m.test(stderr));
  const url = /^ {2}clients {3}(\S+)$/m.exec(command.stderr())?.[1];
  if (url === undefined) throw new Error(`it does not say where clients connect:\n${command.stderr()}`);
  return {
    ...command,
    url,
    port: Number(new URL(url).port),
    stop: () => {
      command.kill();
      return command.ended;
    },
  };
}
