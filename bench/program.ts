import { execFileSync, spawn, type ChildProcess } from 'node:child_process';

/** A process of the bench. */
export interface Program {
  pid: number;
  /** Where it listens. */
  port: number;
  child: ChildProcess;
  stop(): Promise<void>;
}

const START_MILLISECONDS = 20_000;
const STOP_MILLISECONDS = 10_000;

/**
 * Starts `command` with no environment but PATH and `env`, and waits for the line of its output that tells the port.
 * Rejects, with what it said, when that line does not come.
 * @param portLine its first group is the port; undefined: the program tells none
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; portLine?: RegExp; ipc?: true } = {},
): Promise<Program> {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
  });
  const orphaned = (): void => void child.kill('SIGKILL');
  process.once('exit', orphaned);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  const port = await new Promise<number>((resolve, reject) => {
    const failed = (what: string): void => reject(new Error(`${command} ${args.join(' ')} ${what}\n${said}`));
    const timer = setTimeout(() => failed('did not start in time'), START_MILLISECONDS);
    const listening = (found: number): void => {
      clearTimeout(timer);
      resolve(found);
    };
    const hear = (piece: Buffer): void => {
      // Only the start is of interest; what comes later is there for the error text, up to a bound.
      if (said.length < 65_536) said += piece.toString();
      const found = options.portLine?.exec(said)?.[1];
      if (found !== undefined) listening(Number(found));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', (error) => failed(`could not be started: ${error.message}`));
    child.once('exit', (code) => failed(`ended with ${code}`));
    if (options.portLine === undefined) child.once('spawn', () => listening(0));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no process id`);
  return {
    pid,
    port,
    child,
    stop: async () => {
      const timer = setTimeout(orphaned, STOP_MILLISECONDS);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(timer);
      process.off('exit', orphaned);
    },
  };
}

/** Starts one of the bench's own scripts, which tell their port on stdout. */
export function startScript(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Program> {
  const script = new URL(name, import.meta.url).pathname;
  return startProgram(process.execPath, [...flags, script, ...args], { portLine: /listening on (\d+)\n/ });
}

/** Which cores this process may use; one is not enough to hold processes apart. */
export function coresHere(): number[] {
  const list = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' }).split(': ')[1] ?? '';
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

/** Holds all threads of a process to these cores, and with them the threads that they will start. */
export function pin(pid: number, cores: readonly number[]): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores.join(','), String(pid)], { stdio: 'ignore' });
}
