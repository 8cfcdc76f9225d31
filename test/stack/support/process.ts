import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

type Ending = number | NodeJS.Signals;

export interface Running extends AsyncDisposable {
  /** What it wrote last, both streams. */
  log(): string;
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL to one that does not heed it. */
  stop(): Promise<Ending>;
}

export interface Command {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asked again and again until it says true. */
  ready(log: string): boolean | Promise<boolean>;
}

const READY_WITHIN = 30_000;
const HEEDS_SIGTERM_WITHIN = 8_000;
const ASK_EVERY = 50;
const MAX_LOG = 200_000;
/** Kills a program when the test process dies in a way that lets it clean nothing up (util-linux; absent elsewhere). */
const SETPRIV = '/usr/bin/setpriv';

const children = new Set<{ kill(signal: NodeJS.Signals): boolean }>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Every program of this test file, the ended ones too: what they wrote is shown when a test fails. */
export const everStarted: { readonly name: string; log(): string }[] = [];

/** Starts a program; resolves when it is ready. @throws with what it wrote when it ends before, or never is */
export async function start({ name, file, args, env = {}, ready }: Command): Promise<Running> {
  const tied = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', file, ...args] : [file, ...args];
  const [first = file, ...rest] = tied;
  const child = spawn(first, rest, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let log = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-MAX_LOG);
    });
  }
  const ended = once(child, 'close').then(([code, signal]: (Ending | null | undefined)[]): Ending => {
    over = true;
    children.delete(child);
    return code ?? signal ?? 'SIGKILL';
  });
  // Whoever waits hears of it; a program that could not be started must not end the test process.
  ended.catch(() => undefined);
  const running: Running = {
    log: () => log,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), HEEDS_SIGTERM_WITHIN);
      return ended.finally(() => clearTimeout(timer));
    },
    [Symbol.asyncDispose]: async () => void (await running.stop()),
  };
  everStarted.push({ name, log: running.log });

  const deadline = performance.now() + READY_WITHIN;
  while (!(await ready(log))) {
    if (over) throw new Error(`${name} ended (${await ended}):\n${log}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${name} is not ready after ${READY_WITHIN / 1_000} s:\n${log}`);
    }
    await Promise.race([sleep(ASK_EVERY), ended]);
  }
  return running;
}

/** True once a URL answers 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
