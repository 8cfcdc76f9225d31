import { Worker } from 'node:worker_threads';
import type { StoreReader } from '../store/reader.ts';
import { answer, type AboutPage } from './answer.ts';
import type { NewOperations } from './api.ts';
import type { Question } from './question.ts';
import type { Timers } from '../transport/timers.ts';
import { operationsAfter } from './new-operations.ts';
import { messageOf } from '../transport/error-text.ts';
import { siblingThread } from '../transport/sibling-thread.ts';

/** Answers the questions of the page. */
export interface Asker {
  /** Resolves with JSON: the answer, or `NoAnswer`. */
  ask(question: Question): Promise<Reply>;
  /** Resolves with the operations written after a cursor. Without a cursor, only with the present one. */
  written(cursor: number | undefined): Promise<NewOperations | undefined>;
  close(): void;
}

export interface Reply {
  ok: boolean;
  json: string;
}

/**
 * Asks a store in our own memory. It is small, so the answer is made at once.
 * @param now milliseconds since the epoch, by the wall clock
 */
export const askDirectly = (reader: StoreReader, about: AboutPage, now: () => number): Asker => ({
  ask: (question) => Promise.resolve(replyTo(() => reader, question, about, now())),
  // Answers to questions report the reason.
  written: (cursor) =>
    new Promise<NewOperations>((resolve) => resolve(operationsAfter(reader, cursor))).catch(() => undefined),
  close: () => undefined,
});

/** @param reader throws an error with a sentence for people if there is nothing to read */
export function replyTo(reader: () => StoreReader, question: Question, about: AboutPage, at: number): Reply {
  try {
    return { ok: true, json: JSON.stringify(answer(reader(), question, about, at)) };
  } catch (error) {
    return noReply(messageOf(error));
  }
}

/** Messages to `reader-thread.ts`, and from it. */
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

/** The thread ends after this long without a question. */
const IDLE_MS = 60_000;
const MAX_OLD_MB = 512;
const MAX_YOUNG_MB = 8;

/**
 * Asks a store in a file, on a thread of its own: to add up two million operations takes seconds, during which this
 * thread could do nothing else. The other thread runs while somebody asks.
 * @param now milliseconds since the epoch, by the wall clock
 */
export function askByThread(data: ReaderData, now: () => number, timers: Timers): Asker {
  let worker: Worker | undefined;
  let lastId = 0;
  let cancelIdleEnd: (() => void) | undefined;
  const waiting = new Map<number, { resolve(message: FromReader): void; reject(error: Error): void }>();
  /** Open questions: the same question is not asked twice at a time. */
  const openQuestions = new Map<string, Promise<Reply>>();

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
  const endIfIdle = (): void => {
    // A question may take longer than the idle time.
    if (waiting.size > 0) cancelIdleEnd = timers.after(IDLE_MS, endIfIdle);
    else stop();
  };
  /** Rejects if there is no thread: the system may refuse one. */
  const send = async (make: (id: number) => ToReader): Promise<FromReader> => {
    worker ??= start();
    cancelIdleEnd?.();
    cancelIdleEnd = timers.after(IDLE_MS, endIfIdle);
    const id = ++lastId;
    const answered = new Promise<FromReader>((resolve, reject) => waiting.set(id, { resolve, reject }));
    worker.postMessage(make(id));
    return await answered;
  };
  return {
    ask(question) {
      const key = JSON.stringify(question);
      const known = openQuestions.get(key);
      if (known !== undefined) return known;
      const reply = send((id) => ({ id, kind: 'ask', question, at: now() }))
        .then((message) => (message.kind === 'reply' ? message.reply : noReply('an answer to something else')))
        .catch((error: unknown) => noReply(messageOf(error)))
        .finally(() => openQuestions.delete(key));
      openQuestions.set(key, reply);
      return reply;
    },
    written: (cursor) =>
      send((id) => ({ id, kind: 'written', cursor })).then(
        (message) => (message.kind === 'written' ? message.written : undefined),
        () => undefined,
      ),
    close() {
      cancelIdleEnd?.();
      stop();
    },
  };
}

export const noReply = (trouble: string): Reply => ({ ok: false, json: JSON.stringify({ trouble }) });
