import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader, type StoreReader } from '../store/reader.ts';
import type { NewOperations } from './api.ts';
import { replyTo, type FromReader, type ReaderData, type Reply, type ToReader } from './asker.ts';
import { operationsAfter } from './new-operations.ts';

// The shape of what asker.ts hands to the thread.
const { path, about } = workerData as ReaderData;
const port = parentPort;
if (port === null) throw new Error('reader-thread.ts runs as a thread of asker.ts');

/** The clock of whoever asks, in milliseconds since the epoch. */
let wallClock = 0;
let open: { reader: StoreReader; inode: number } | undefined;

/** @throws with a sentence for people, where there is nothing to read */
function reader(): StoreReader {
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  if (open !== undefined && open.inode === inode) return open.reader;
  close();
  const opened = openReader(path, () => wallClock);
  if (opened.kind === 'trouble') throw new Error(opened.sentence);
  open = { reader: opened.reader, inode: inode ?? statSync(path).ino };
  return opened.reader;
}

function close(): void {
  const closing = open;
  open = undefined;
  closing?.reader[Symbol.dispose]();
}

function ask({ question, at }: Extract<ToReader, { kind: 'ask' }>): Reply {
  wallClock = at;
  const reply = replyTo(reader, question, about, at);
  if (!reply.ok) close();
  return reply;
}

function written(cursor: number | undefined): NewOperations | undefined {
  try {
    return operationsAfter(reader(), cursor);
  } catch {
    // Answers to questions report the reason.
    close();
    return undefined;
  }
}

port.on('message', (message: ToReader) => {
  const { id } = message;
  const reply: FromReader =
    message.kind === 'ask'
      ? { id, kind: 'reply', reply: ask(message) }
      : { id, kind: 'written', written: written(message.cursor) };
  port.postMessage(reply);
});
