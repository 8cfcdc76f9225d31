import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ObserverSetup } from '../../src/observer/setup.ts';
import { startSupervisor } from '../../src/observer/supervisor.ts';
import { SelfCounters } from '../../src/telemetry/self.ts';
import { manualTimers } from '../support/timers.ts';

const CHANNEL = 'mcpspan-test-supervisor';

/** A thread that does what it is told on a channel: `die` ends it. It is ready at once, and stops when asked. */
const OBEYS = `
  import { parentPort, workerData } from 'node:worker_threads';
  const channel = new BroadcastChannel('${CHANNEL}');
  channel.onmessage = () => process.exit(1);
  parentPort.on('message', ({ kind }) => {
    if (kind !== 'stop') return;
    parentPort.postMessage({ kind: 'stopped' });
    channel.close();
    parentPort.close();
  });
  parentPort.postMessage({ kind: 'say', line: 'restarted ' + workerData.restarted });
  parentPort.postMessage({ kind: 'ready', page: 'http://page' });
`;
/** One that hears nothing. */
const HANGS = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', () => undefined);
  parentPort.postMessage({ kind: 'ready', page: undefined });
`;
const DIES_AT_ONCE = "throw new Error('no luck');";

function supervise(code: string) {
  const timers = manualTimers();
  const said: string[] = [];
  const planned: number[] = [];
  const self = new SelfCounters();
  const channel = new BroadcastChannel(CHANNEL);
  let onRestarted = (): void => undefined;
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on('worker', onThread);
  const supervisor = startSupervisor({
    entry: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    // These threads look at nothing of it.
    setup: {} as ObserverSetup,
    self,
    timers: {
      now: timers.now,
      after: (milliseconds, run) => {
        planned.push(milliseconds);
        return timers.after(milliseconds, run);
      },
    },
    say: (line) => said.push(line),
    print: () => undefined,
    onRestarted: () => onRestarted(),
  });
  onTestFinished(async () => {
    process.off('worker', onThread);
    channel.close();
    await Promise.all(threads.map((thread) => thread.terminate()));
  });
  /** The thread that runs now has ended, and what follows from it has happened. */
  const gone = async (): Promise<void> => {
    const thread = threads.at(-1);
    if (thread === undefined) throw new Error('there is none');
    if (thread.threadId !== -1) await once(thread, 'exit');
  };
  return {
    supervisor,
    timers,
    said,
    threads,
    restarts: () => self.read('observerRestarts'),
    gone,
    /** Ends the thread that runs. Returns in how many milliseconds another is planned. */
    die: async (): Promise<number | undefined> => {
      planned.length = 0;
      const ended = gone();
      channel.postMessage('die');
      await ended;
      return planned[0];
    },
    /** Lets so much time pass that another is started, and waits until it is ready. */
    restarted: async (milliseconds: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      onRestarted = resolve;
      await timers.advance(milliseconds);
      await promise;
    },
  };
}

describe('an observer that dies', () => {
  it('is started again, later each time, and at most every 30 s; that is said once', async () => {
    const { supervisor, die, restarted, restarts, said } = supervise(OBEYS);
    expect(await supervisor.ready).toBe('http://page');
    const delays: (number | undefined)[] = [];
    for (let death = 0; death < 11; death++) {
      const delay = await die();
      delays.push(delay);
      await restarted(delay ?? 0);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    expect(restarts()).toBe(11);
    expect(said.filter((line) => line.startsWith('the observer failed'))).toHaveLength(1);
  });

  it('knows that it is not the first', async () => {
    const { supervisor, die, restarted, said } = supervise(OBEYS);
    await supervisor.ready;
    await restarted((await die()) ?? 0);
    expect(said.filter((line) => line.startsWith('restarted'))).toEqual(['restarted 0', 'restarted 1']);
  });

  it('is not started before its time', async () => {
    const { supervisor, die, restarted, threads, timers } = supervise(OBEYS);
    await supervisor.ready;
    await die();
    await timers.advance(99);
    expect(threads).toHaveLength(1);
    await restarted(1);
    expect(threads).toHaveLength(2);
  });

  it('has earned a quick restart again when it ran for more than a minute, and its end is said again', async () => {
    const { supervisor, die, restarted, said, timers } = supervise(OBEYS);
    await supervisor.ready;
    await restarted((await die()) ?? 0);
    await restarted((await die()) ?? 0);
    await timers.advance(60_000);
    expect(await die()).toBe(400);
    await restarted(400);
    await timers.advance(60_001);
    expect(await die()).toBe(100);
    await restarted(100);
    expect(await die()).toBe(200);
    expect(said.filter((line) => line.startsWith('the observer failed'))).toHaveLength(2);
  });

  it('before it was ready has no page, and its reason is said', async () => {
    const { supervisor, said, gone } = supervise(DIES_AT_ONCE);
    expect(await supervisor.ready).toBeUndefined();
    await gone();
    expect(said).toEqual(['the observer failed (no luck) and is started again; traffic goes on']);
  });
});

describe('the end of the observer', () => {
  it('comes by itself when it is asked to stop, and it is not started again', async () => {
    const { supervisor, timers, threads, restarts, said } = supervise(OBEYS);
    await supervisor.ready;
    await supervisor.stop(1_000);
    await timers.advance(120_000);
    expect([threads.length, restarts()]).toEqual([1, 0]);
    expect(said).toEqual(['restarted 0']);
  });

  it('is made when it hears nothing, after the time it was given', async () => {
    const { supervisor, timers, gone, threads } = supervise(HANGS);
    await supervisor.ready;
    const stopped = supervisor.stop(1_000);
    await timers.advance(1_000);
    expect(threads[0]?.threadId).not.toBe(-1);
    await timers.advance(500);
    await Promise.all([stopped, gone()]);
  });

  it('between two is said: what was not read is lost, and none is started again', async () => {
    const { supervisor, timers, said, die, threads } = supervise(OBEYS);
    await supervisor.ready;
    await die();
    await supervisor.stop(1_000);
    await timers.advance(60_000);
    expect(threads).toHaveLength(1);
    expect(said.at(-1)).toBe('there is no observer just now: what it had not read is lost');
  });
});
