import type { ServerResponse } from 'node:http';
import type { NewOperations } from './api.ts';
import type { Asker } from './asker.ts';
import type { Timers } from '../transport/timers.ts';

/** How often the store is asked for new operations. */
const ASK_EVERY_MS = 500;
const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 32;
/** A page that has this much left to read gets nothing new until it has caught up. */
const MAX_UNREAD_BYTES = 1_048_576;

interface Follower {
  response: ServerResponse;
  cursor: number | undefined;
  /** When something was sent to it last. */
  sentAt: number;
}

/** Sends new operations to open pages, at most 200 at a time; further ones are only counted. */
export interface Streams {
  /** Returns whether there was room for one more. @param cursor where the page stopped reading; undefined: nowhere */
  open(response: ServerResponse, cursor: number | undefined): boolean;
  close(): void;
}

export function createStreams(asker: Asker, { now, after }: Timers): Streams {
  const followers = new Set<Follower>();
  let cancelNext: (() => void) | undefined;

  const send = (follower: Follower, written: NewOperations | undefined, text: string): void => {
    const { response, cursor } = follower;
    if (written === undefined || !followers.has(follower)) return;
    follower.cursor = written.cursor;
    if (cursor === undefined || written.cursor !== cursor) {
      response.write(text);
      follower.sentAt = now();
    } else if (now() - follower.sentAt >= HEARTBEAT_MS) {
      response.write(': still here\n\n');
      follower.sentAt = now();
    }
  };
  /** Most followers have the same cursor, so each cursor is asked for once. */
  const sendNew = async (): Promise<void> => {
    const reading = [...followers].filter(({ response }) => response.writableLength <= MAX_UNREAD_BYTES);
    const groups = Map.groupBy(reading, ({ cursor }) => cursor);
    await Promise.all(
      [...groups].map(async ([cursor, group]) => {
        const written = await asker.written(cursor);
        const text =
          written === undefined ? '' : `id: ${written.cursor}\nevent: written\ndata: ${JSON.stringify(written)}\n\n`;
        for (const follower of group) send(follower, written, text);
      }),
    );
    cancelNext = followers.size === 0 ? undefined : after(ASK_EVERY_MS, () => void sendNew());
  };
  return {
    open(response, cursor) {
      if (followers.size >= MAX_STREAMS) return false;
      const follower: Follower = { response, cursor, sentAt: now() };
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 2000\n\n');
      cancelNext ??= after(0, () => void sendNew());
      return true;
    },
    close() {
      cancelNext?.();
      for (const { response } of followers) response.end();
      followers.clear();
    },
  };
}
