import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askByThread, type Asker } from '../../src/viewer/asker.ts';
import type { Question } from '../../src/viewer/question.ts';
import { startRig, temporaryFolder, type Rig, type TemporaryFolder } from '../store/store-rig.ts';
import { manualTimers, type ManualTimers } from '../support/timers.ts';

const IDLE_MS = 60_000;
const about = { version: '1', notice: undefined, traceLink: undefined };
const question = (kind: Question['kind']): Question => ({
  kind,
  until: 0,
  seconds: 60,
  server: undefined,
  client: undefined,
  tool: undefined,
  conversation: undefined,
  status: undefined,
  limit: 10,
  latest: false,
  method: undefined,
  direction: undefined,
  code: undefined,
  session: undefined,
  journey: undefined,
  operation: 0,
  change: 0,
  words: [],
  slowest: false,
  upTo: 0,
});

let folder: TemporaryFolder;
let rig: Rig;
let timers: ManualTimers;
let asker: Asker;
let threads: Worker[];
const onThread = (worker: Worker): void => void threads.push(worker);

beforeEach(() => {
  folder = temporaryFolder();
  rig = startRig(folder.in('store.db'));
  rig.talk.initialize('a');
  rig.store.flush();
  timers = manualTimers();
  threads = [];
  process.on('worker', onThread);
  asker = askByThread({ path: rig.path, about }, () => rig.talk.clock.now(), timers);
});

afterEach(async () => {
  process.off('worker', onThread);
  asker.close();
  await Promise.all(threads.map((thread) => thread.terminate()));
  rig[Symbol.dispose]();
  folder[Symbol.dispose]();
});

describe('the thread that reads a store', () => {
  it('runs while somebody asks: it ends after a minute without a question, and begins anew with the next', async () => {
    expect(threads).toHaveLength(0);
    expect((await asker.ask(question('about'))).ok).toBe(true);
    await timers.advance(IDLE_MS - 1);
    expect((await asker.ask(question('about'))).ok).toBe(true);
    await timers.advance(IDLE_MS - 1);
    expect(threads).toHaveLength(1);
    const [thread] = threads;
    if (thread === undefined) throw new Error('there is one');
    const ended = once(thread, 'exit');
    await timers.advance(1);
    await ended;
    expect(timers.waiting()).toBe(0);
    expect((await asker.ask(question('about'))).ok).toBe(true);
    expect(threads).toHaveLength(2);
  });

  it('is not ended while it is at work, however long that takes', async () => {
    const answered = asker.ask(question('about'));
    // It has not even begun.
    await timers.advance(3 * IDLE_MS);
    expect((await answered).ok).toBe(true);
    expect(threads).toHaveLength(1);
  });

  it('is asked the same only once at a time', async () => {
    const replies = [asker.ask(question('about')), asker.ask(question('about')), asker.ask(question('now'))];
    expect(replies[0]).toBe(replies[1]);
    expect(replies[0]).not.toBe(replies[2]);
    expect((await Promise.all(replies)).map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(asker.ask(question('about'))).not.toBe(replies[0]);
  });

  it('that dies leaves nobody without an answer, and another takes its place', async () => {
    await asker.ask(question('about'));
    const reply = asker.ask(question('health'));
    await threads[0]?.terminate();
    const { ok, json } = await reply;
    if (!ok) expect(JSON.parse(json)).toEqual({ trouble: 'the thread that reads the store ended' });
    expect((await asker.ask(question('about'))).ok).toBe(true);
    expect(threads).toHaveLength(2);
  });

  it('ends with the page, and who still waits is told', async () => {
    const reply = asker.ask(question('about'));
    const written = asker.written(undefined);
    asker.close();
    expect(await reply).toEqual({ ok: false, json: '{"trouble":"the page is closed"}' });
    expect(await written).toBeUndefined();
    expect(timers.waiting()).toBe(0);
  });
});
