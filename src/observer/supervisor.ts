import { Worker } from 'node:worker_threads';
import type { FromObserver, ObservedServer, ObserverSetup, ToObserver } from './setup.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { messageOf } from '../transport/error-text.ts';
import type { Timers } from '../transport/timers.ts';

export interface Supervisor {
  /** Resolves when the first observer is ready or has failed, with the URL of its page; undefined: there is none. */
  ready: Promise<string | undefined>;
  /** Hands a message to the observer, if one is running. */
  tell(message: ToObserver): void;
  /**
   * Has these servers observed too, also by observers that are started later; one that is observed already has moved. Resolves
   * when they are, or after a while.
   */
  open(servers: readonly ObservedServer[]): Promise<void>;
  /** Relays send no new exchanges of these servers any more. @param servers their indexes */
  retire(servers: readonly number[]): void;
  /** Ends sessions, drains the rings and flushes. Resolves when done, or after `milliseconds`. */
  stop(milliseconds: number): Promise<void>;
}

const FINAL_REPORT_MS = 500;
/** So long new servers may take to be opened. After that their first exchanges may not be seen. */
const MAX_OPEN_MS = 2_000;
const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** After an observer has run this long, the next restart is quick again. */
const STEADY_MS = 60_000;
const MAX_YOUNG_MB = 16;

/** Keeps an observer thread running: counts each that dies, and starts another, later each time. Never throws. */
export function startSupervisor(options: {
  entry: URL;
  setup: ObserverSetup;
  self: SelfCounters;
  timers: Timers;
  /** The most that the thread may keep in its heap. */
  heapMb: number;
  /** Prints a line for people. */
  say(line: string): void;
  /** Prints what the thread itself writes. */
  print(text: Uint8Array): void;
  /** Called when another observer reads in place of one that failed. */
  onRestarted?: (() => void) | undefined;
}): Supervisor {
  let worker: Worker | undefined;
  let stopping = false;
  let delay = MIN_DELAY_MS;
  let cancelStart: (() => void) | undefined;
  let started = 0;
  let onStopped: (() => void) | undefined;
  let onOpened: (() => void) | undefined;
  let { servers } = options.setup;
  const { now, after } = options.timers;
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<string | undefined>();

  const start = (): void => {
    started = now();
    let reason = 'it ended by itself';
    let current: Worker;
    try {
      current = new Worker(options.entry, {
        workerData: { ...options.setup, servers, restarted: options.self.read('observerRestarts') },
        name: 'mcpspan-observer',
        // A thread refuses some flags of the process and needs none, except those for profiling. SQLite, and stripping the types
        // of the page when run from source, are experimental in Node.
        execArgv: [...process.execArgv.filter(isProfiling), '--disable-warning=ExperimentalWarning'],
        // Console exporters and SDK diagnostics write to stdout, which is not ours; stderr is not ours alone.
        stdout: true,
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: options.heapMb, maxYoungGenerationSizeMb: MAX_YOUNG_MB },
      });
    } catch (error) {
      // The system may refuse another thread.
      ended(messageOf(error));
      return;
    }
    worker = current;
    for (const stream of [current.stdout, current.stderr]) stream.on('data', options.print);
    current.on('message', receive);
    current.on('error', (error: unknown) => {
      reason = messageOf(error);
    });
    current.on('exit', () => ended(reason));
  };
  const ended = (reason: string): void => {
    worker = undefined;
    becomeReady(undefined);
    onOpened?.();
    onStopped?.();
    if (stopping) return;
    options.self.add('observerRestarts');
    if (now() - started > STEADY_MS) delay = MIN_DELAY_MS;
    if (delay === MIN_DELAY_MS) options.say(`the observer failed (${reason}) and is started again; traffic goes on`);
    cancelStart = after(delay, start);
    delay = Math.min(delay * 2, MAX_DELAY_MS);
  };
  const receive = (message: FromObserver): void => {
    switch (message.kind) {
      case 'ready':
        becomeReady(message.page);
        if (options.self.read('observerRestarts') > 0) options.onRestarted?.();
        break;
      case 'opened':
        onOpened?.();
        break;
      case 'say':
        options.say(message.line);
        break;
      case 'stopped':
        onStopped?.();
        break;
    }
  };
  const post = (message: ToObserver): void => worker?.postMessage(message);

  start();
  return {
    ready,
    tell: post,
    open: async (added) => {
      if (added.length === 0) return;
      const indexes = new Set(added.map(({ index }) => index));
      servers = [...servers.filter(({ index }) => !indexes.has(index)), ...added];
      if (worker === undefined) return;
      await new Promise<void>((resolve) => {
        const cancelDeadline = after(MAX_OPEN_MS, resolve);
        onOpened = () => {
          cancelDeadline();
          resolve();
        };
        post({ kind: 'open', servers: added });
      });
      onOpened = undefined;
    },
    retire: (indexes) => {
      if (indexes.length === 0) return;
      servers = servers.filter(({ index }) => !indexes.includes(index));
      post({ kind: 'retire', servers: indexes });
    },
    stop: async (milliseconds) => {
      stopping = true;
      cancelStart?.();
      if (worker === undefined) {
        options.say('no observer is running: what was not read yet is lost');
        return;
      }
      const exited = new Promise((resolve) => worker?.once('exit', resolve));
      await new Promise<void>((resolve) => {
        const cancelDeadline = after(milliseconds, resolve);
        onStopped = () => {
          cancelDeadline();
          resolve();
        };
        post({ kind: 'stop', milliseconds: Math.max(0, milliseconds - 200) });
      });
      // The thread ends by itself, so that its last output arrives. A thread that hangs is terminated.
      if (worker !== undefined)
        await Promise.race([exited, new Promise<void>((resolve) => after(FINAL_REPORT_MS, resolve))]);
      await worker?.terminate();
    },
  };
}

const isProfiling = (flag: string): boolean => flag.startsWith('--cpu-prof');
