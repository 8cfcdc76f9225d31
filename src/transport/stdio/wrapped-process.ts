import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { now } from '../clock.ts';
import { OrphanGuard } from './orphan-guard.ts';
import type { LineCopier } from './line-tap.ts';
import { pump } from './pump.ts';
import { openStdin, openStdout } from './standard-streams.ts';
import type { Direction } from '../wire/wire-event.ts';

export type Command = readonly [program: string, ...args: string[]];

/** How a process ended. */
export type Ending = { code: number } | { signal: NodeJS.Signals };

/** Why the system did not start a command: its error code, such as ENOENT. */
export class NotStarted extends Error {
  readonly code: string;
  constructor(cause: unknown) {
    super('the command was not started', { cause });
    this.code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  }
}

export interface WrappedProcess {
  /** Resolves when the child has written something. */
  spoke: Promise<void>;
  /** Resolves when the child is gone, and what it wrote has arrived or cannot. */
  ended: Promise<Ending>;
  /** Resolves when a signal comes that the child is no longer there to take. */
  hurried: Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Signals that may be meant for the child; how it reacts is its business. SIGKILL and SIGSTOP cannot be passed on. */
const PASSED_ON = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;
/** On Windows the console sends these to every process in it. */
const CONSOLE = ['SIGINT', 'SIGBREAK', 'SIGHUP'] as const;

/** A child that runs on for so long after it closed a stream did not close it by ending. */
const LEFT_BEHIND_MS = 500;
/** Another process may hold the stdout of a child that is gone: after this much silence nothing more is waited for. */
const SILENCE_MS = 100;

/**
 * Starts a command in our place: its stdin and stdout are ours, a copy of what passes goes to `copier`; its stderr is
 * ours itself. Signals that reach us alone are passed on. Rejects with NotStarted.
 */
export async function startStdio(command: Command, copier: LineCopier | undefined): Promise<WrappedProcess> {
  const hurried = Promise.withResolvers<void>();
  const running: { child?: Child; guard?: OrphanGuard } = {};
  listen(async (signal) => {
    const { child, guard } = running;
    if (child === undefined || hasEnded(child)) hurried.resolve();
    else if (!(await guard?.reached(signal))) child.kill(signal);
  });
  const child = await start(command);
  running.child = child;
  const exited = exitOf(child);
  const copied = (direction: Direction) => (bytes: Uint8Array) => copier?.bytes(now(), direction, bytes);
  const [input, output] = [openStdin(), openStdout()];
  /**
   * When a child has ended, our exit closes these streams. Before it, the observer beside us opens connections as it
   * flushes, and one of them could get the file descriptor that is free for a moment: libuv aborts when it closes one
   * of the three standard descriptors.
   */
  const hangUp = (stream: { hangUp(): void }): void => {
    if (copier === undefined) stream.hangUp();
    else setTimeout(() => !hasEnded(child) && stream.hangUp(), LEFT_BEHIND_MS).unref();
  };
  void pump(input.stream, child.stdin, copied('to-server')).then((end) => end === 'refused' && hangUp(input));
  const delivered = pump(child.stdout, output.stream, copied('to-client')).then(() => hangUp(output));
  if (process.platform !== 'win32' && child.pid !== undefined) running.guard = new OrphanGuard(child.pid);

  return {
    spoke: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    ended: exited.then(async (ending) => {
      running.guard?.dismiss();
      await Promise.race([delivered, silence(child.stdout, output.stream), hurried.promise]);
      copier?.closed(now());
      return ending;
    }),
    hurried: hurried.promise,
  };
}

/** Keeps signals from ending us, and passes on those that can be sent to one process alone. */
function listen(take: (signal: NodeJS.Signals) => Promise<void>): void {
  if (process.platform === 'win32') for (const signal of CONSOLE) process.on(signal, () => undefined);
  else for (const signal of PASSED_ON) process.on(signal, () => void take(signal));
}

const hasEnded = (child: Child): boolean => child.exitCode !== null || child.signalCode !== null;

async function start([program, ...args]: Command): Promise<Child> {
  let failure: unknown;
  try {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (child.pid !== undefined) return child;
    [failure] = await once(child, 'error');
  } catch (error) {
    failure = error;
  }
  throw new NotStarted(failure);
}

function exitOf(child: Child): Promise<Ending> {
  // We may not send it a signal when it runs as another user.
  child.on('error', () => undefined);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? { code: code ?? 1 } : { signal }));
  });
}

/** Resolves when nothing has come for a while, although we could have taken it. */
async function silence(from: Readable, to: Writable): Promise<void> {
  let listening = false;
  from.on('data', () => {
    listening = false;
  });
  while (!listening) {
    listening = to.writableLength === 0 && !from.isPaused();
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    // Whatever has come meanwhile is read before an immediate runs.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
