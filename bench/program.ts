import { execFileSync, spawn, type ChildProcess } from 'node:child_process';

/** A process that the bench started. */
export interface Program {
  pid: number;
  /** The port on which it listens. */
  port: number;
  child: ChildProcess;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts `command` with only PATH and `env` as its environment, and waits for the line of its output that names the
 * port. Rejects with its output when that line does not come.
 * @param portLine its first group is the port; undefined: the program does not name one
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
    const timer = setTimeout(() => failed('did not start in time'), START_TIMEOUT_MS);
    const listening = (found: number): void => {
      clearTimeout(timer);
      resolve(found);
    };
    const hear = (piece: Buffer): void => {
      // Only the start matters; later output goes into the error text, up to a bound.
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
      const timer = setTimeout(orphaned, STOP_TIMEOUT_MS);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(timer);
      process.off('exit', orphaned);
    },
  };
}

/** Starts one of the bench's own scripts, which print their port on stdout. */
export function startScript(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Program> {
  const script = new URL(name, import.meta.url).pathname;
  return startProgram(process.execPath, [...flags, script, ...args], { portLine: /listening on (\d+)\n/ });
}

/** The cores that this process may use. Processes need at least two to be kept apart. */
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

/** Restricts all threads of a process to these cores, including threads that they start later. */
export function pin(pid: number, cores: readonly number[]): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores.join(','), String(pid)], { stdio: 'ignore' });
}
