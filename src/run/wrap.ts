import { TIMERS } from '../transport/timers.ts';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { StdioConfig } from '../settings/config.ts';
import { isObserved } from '../settings/observed.ts';
import type { Environment } from '../settings/signals.ts';
import type { Supervisor } from '../observer/supervisor.ts';
import { now } from '../transport/clock.ts';
import { LineCopier } from '../transport/stdio/line-tap.ts';
import { createRing, RingWriter, type SharedRing } from '../transport/wire/ring-writer.ts';
import { Slots } from '../transport/wire/slots.ts';
import { NotStarted, startStdio, type Ending, type WrappedProcess } from '../transport/stdio/wrapped-process.ts';
import { messageOf } from '../transport/error-text.ts';

export interface WrapSurroundings {
  /** Prints a line for people. */
  say(line: string): void;
  /** Prints what exporters and the SDK write by themselves. */
  print(text: Uint8Array): void;
  /** Replaces our observer thread. */
  observerEntry?: URL;
  /** Where misspelt variables are looked for. */
  env: Environment;
}

interface Watch {
  ring: SharedRing;
  copier: LineCopier;
}

/**
 * How long the observer waits for the command's first output. Its thread takes a processor for 100 ms, which the start
 * of the command needs more. Meanwhile its ring keeps what passes.
 */
const OBSERVER_WAITS_MS = 1_000;
/** How long telemetry may take to flush after the command has ended. */
const FLUSH_MS = 1_000;
/** The part of it that is left for the observer thread to end. */
const THREAD_END_MS = 200;

// The exit codes of shells.
const EXIT_NOT_FOUND = 127;
const EXIT_NOT_EXECUTABLE = 126;

/**
 * Runs a command in our place, and watches it if telemetry is on. The command comes first: it is started before
 * anything of ours, and nothing of ours stops or delays it. Resolves with how it ended. If it could not start, that is
 * the exit code a shell would give.
 */
export async function wrap(config: StdioConfig, surroundings: WrapSurroundings): Promise<Ending> {
  const { say, env } = surroundings;
  outliveBugs(say);
  const watch = isObserved(config) ? prepare(config) : undefined;
  let command: WrappedProcess;
  try {
    command = await startStdio(config.run, watch?.copier);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    const { code, line } = explain(config.run[0], error.code);
    say(line);
    return { code };
  }
  for (const warning of config.warnings) say(warning);
  const warned = warnOfVariables(env, say);
  const observer = watch && observe(config, watch, command, surroundings);
  const ending = await command.ended;
  await warned;
  if (observer !== undefined) await Promise.race([flush(observer), command.hurried]);
  return ending;
}

/** Keeps a bug of ours from ending the command, and reports the first. */
function outliveBugs(say: (line: string) => void): void {
  let reported = false;
  process.on('uncaughtException', (error) => {
    if (!reported) say(`a fault in mcpspan; the command runs on: ${error.stack ?? String(error)}`);
    reported = true;
  });
}

function prepare(config: StdioConfig): Watch {
  const ring = createRing(config['observe-credit-bytes']);
  return { ring, copier: new LineCopier(new RingWriter(ring), new Slots(), basename(config.run[0]), now()) };
}

/** Its code, too, is loaded after the command has started. Never rejects. */
async function warnOfVariables(env: Environment, say: (line: string) => void): Promise<void> {
  try {
    const { misspeltVariables } = await import('../settings/misspelt-variables.ts');
    for (const line of misspeltVariables(env)) say(line);
  } catch (error) {
    say(`variables were not checked (${messageOf(error)}); the command runs on`);
  }
}

/** Loads and starts the observer. Its code is loaded after the command has started, so that it delays nothing. */
async function observe(
  config: StdioConfig,
  { ring, copier }: Watch,
  command: WrappedProcess,
  { say, print, observerEntry }: WrapSurroundings,
): Promise<Supervisor | undefined> {
  try {
    const waited = new Promise<void>((resolve) => TIMERS.after(OBSERVER_WAITS_MS, resolve));
    await Promise.race([command.spoke, command.ended, waited]);
    const { startWrappedObserver } = await import('./wrapped-observer.ts');
    const onRestarted = (): void => copier.reopened(now());
    return startWrappedObserver(config, ring, { say, print, onRestarted, ...(observerEntry && { observerEntry }) });
  } catch (error) {
    say(`telemetry is off (${messageOf(error)}); the command runs on`);
    return undefined;
  }
}

async function flush(observer: Promise<Supervisor | undefined>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
  await Promise.race([late, observer.then((supervisor) => supervisor?.stop(FLUSH_MS - THREAD_END_MS))]);
}

/** @param error the system's error code */
function explain(program: string, error: string): { code: number; line: string } {
  const named = `'${program}'`;
  if (error === 'ENOENT' && /[\\/]/.test(program) && existsSync(program)) {
    const line = `${named} cannot run: the interpreter that its first line names is not there; install it, or name another before it`;
    return { code: EXIT_NOT_EXECUTABLE, line };
  }
  if (error === 'ENOENT' || error === 'ENOTDIR' || error === 'ERR_INVALID_ARG_VALUE') {
    const cure =
      process.platform === 'win32'
        ? 'give its full path; what is a script on Windows, like npx, runs as: -- cmd /c npx …'
        : "install it, or give its full path: the PATH that a client gives its servers is often shorter than a shell's";
    return { code: EXIT_NOT_FOUND, line: `${named} is not found; ${cure}` };
  }
  if (error === 'EACCES') {
    const line = `${named} is not executable; chmod +x it, or name what runs it (node, python3) before it`;
    return { code: EXIT_NOT_EXECUTABLE, line };
  }
  return { code: EXIT_NOT_EXECUTABLE, line: `${named} cannot be started (${error})` };
}
