import { Worker } from 'node:worker_threads';
import type { StoreReader } from '../store/reader.ts';
import { answer, type AboutPage } from './answer.ts';
import type { NewOperations } from './api.ts';
import type { Question } from './question.ts';
import type { Timers } from '../transport/timers.ts';
import { operationsAfter } from './new-operations.ts';
import { messageOf } from '../transport/error-text.ts';
import { siblingThread } from '../transport/sibling-thread.ts';

/** Who answers what the page asks. */
export interface Asker {
  /** Resolves with JSON: the answer, or `NoAnswer`. */
  ask(question: Question): Promise<Reply>;
  /** What was written after a cursor; undefined: from now on. */
  written(cursor: number | undefined): Promise<NewOperations | undefined>;
  close(): void;
}

export interface Reply {
  ok: boolean;
  json: string;
}

/**
 * A store in our own memory: small, and asked at once.
 * @param now milliseconds since the epoch, by the wall clock
 */
export const askDirectly = (reader: StoreReader, about: AboutPage, now: () => number): Asker => ({
  ask: (question) => Promise.resolve(replyTo(() => reader, question, about, now())),
  // Whoever asks a question is told what is wrong.
  written: (cursor) =>
    new Promise<NewOperations>((resolve) => resolve(operationsAfter(reader, cursor))).catch(() => undefined),
  close: () => undefined,
});

/** @param reader throws with a sentence for people, where there is nothing to read */
export function replyTo(reader: () => StoreReader, question: Question, about: AboutPage, at: number): Reply {
  try {
    return { ok: true, json: JSON.stringify(answer(reader(), question, about, at)) };
  } catch (error) {
    return noReply(messageOf(error));
  }
}

/** What is said to `reader-thread.ts`, and by it. */
export type ToReader =
  | { id: number; kind: 'ask'; question: Question; at: number }
  | { id: number; kind: 'written'; cursor: number | undefined };
export type FromReader = { id: number } & (
  | { kind: 'reply'; reply: Reply }
  | { kind: 'written'; written: NewOperations | undefined }
);

export interface ReaderData {
  path: string;
  about: AboutPage;
}

/** The thread ends when nothing was asked for so long, in milliseconds. */
const IDLE_MS = 60_000;
const MAX_OLD_MB = 512;
const MAX_YOUNG_MB = 8;

/**
 * A store in a file, asked on a thread of its own: to add up two million operations takes seconds, in which nothing else
 * would be done. The thread runs while somebody asks.
 * @param now milliseconds since the epoch, by the wall clock
 */
export function askByThread(data: ReaderData, now: () => number, timers: Timers): Asker {
  let worker: Worker | undefined;
  let lastId = 0;
  let cancelRest: (() => void) | undefined;
  const waiting = new Map<number, { resolve(message: FromReader): void; reject(error: Error): void }>();
  /** The same is not asked twice at a time. */
  const asked = new Map<string, Promise<Reply>>();

  const end = (error: Error): void => {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const started = new Worker(siblingThread('reader-thread', import.meta.url), {
      workerData: data,
      name: 'mcpspan-reader',
      resourceLimits: { maxOldGenerationSizeMb: MAX_OLD_MB, maxYoungGenerationSizeMb: MAX_YOUNG_MB },
    });
    started.unref();
    started.on('message', (message: FromReader) => {
      waiting.get(message.id)?.resolve(message);
      waiting.delete(message.id);
    });
    started.on('error', (error: Error) => {
      if (worker === started) end(error);
    });
    started.on('exit', () => {
      if (worker === started) end(new Error('the thread that reads the store ended'));
    });
    return started;
  };
  const stop = (): void => {
    const stopped = worker;
    end(new Error('the page is closed'));
    void stopped?.terminate();
  };
  const rest = (): void => {
    // A question may take longer than that.
    if (waiting.size > 0) cancelRest = timers.after(IDLE_MS, rest);
    else stop();
  };
  /** Rejects where there is no thread: the system may give none. */
  const say = async (make: (id: number) => ToReader): Promise<FromReader> => {
    worker ??= start();
    cancelRest?.();
    cancelRest = timers.after(IDLE_MS, rest);
    const id = ++lastId;
    const answered = new Promise<FromReader>((resolve, reject) => waiting.set(id, { resolve, reject }));
    worker.postMessage(make(id));
    return await answered;
  };
  return {
    ask(question) {
      const key = JSON.stringify(question);
      const known = asked.get(key);
      if (known !== undefined) return known;
      const reply = say((id) => ({ id, kind: 'ask', question, at: now() }))
        .then((message) => (message.kind === 'reply' ? message.reply : noReply('an answer to something else')))
        .catch((error: unknown) => noReply(messageOf(error)))
        .finally(() => asked.delete(key));
      asked.set(key, reply);
      return reply;
    },
    written: (cursor) =>
      say((id) => ({ id, kind: 'written', cursor })).then(
        (message) => (message.kind === 'written' ? message.written : undefined),
        () => undefined,
      ),
    close() {
      cancelRest?.();
      stop();
    },
  };
}

export const noReply = (trouble: string): Reply => ({ ok: false, json: JSON.stringify({ trouble }) });
