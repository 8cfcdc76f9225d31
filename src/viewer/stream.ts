import type { ServerResponse } from 'node:http';
import type { NewOperations } from './api.ts';
import type { Asker } from './asker.ts';
import type { Timers } from '../transport/timers.ts';

/** How often it is looked what was written, in milliseconds. */
const EVERY_MS = 500;
const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 32;
/** A page that reads more slowly is told later, and of less. */
const MAX_WAITING_BYTES = 1_048_576;

interface Follower {
  response: ServerResponse;
  cursor: number | undefined;
  saidAt: number;
}

/** Tells open pages what was written, as it is written. Between two looks more than 200 operations are a number only. */
export interface Streams {
  /** @param cursor what the page saw last; undefined: nothing */
  open(response: ServerResponse, cursor: number | undefined): boolean;
  close(): void;
}

export function createStreams(asker: Asker, { now, after }: Timers): Streams {
  const followers = new Set<Follower>();
  let cancelLook: (() => void) | undefined;

  const tell = (follower: Follower, written: NewOperations | undefined, text: string): void => {
    const { response, cursor } = follower;
    if (written === undefined || !followers.has(follower)) return;
    follower.cursor = written.cursor;
    if (cursor === undefined || written.cursor !== cursor) {
      response.write(text);
      follower.saidAt = now();
    } else if (now() - follower.saidAt >= HEARTBEAT_MS) {
      response.write(': still here\n\n');
      follower.saidAt = now();
    }
  };
  /** Most followers saw the same last: what is new is asked for once. */
  const look = async (): Promise<void> => {
    const reading = [...followers].filter(({ response }) => response.writableLength <= MAX_WAITING_BYTES);
    const groups = Map.groupBy(reading, ({ cursor }) => cursor);
    await Promise.all(
      [...groups].map(async ([cursor, group]) => {
        const written = await asker.written(cursor);
        const text =
          written === undefined ? '' : `id: ${written.cursor}\nevent: written\ndata: ${JSON.stringify(written)}\n\n`;
        for (const follower of group) tell(follower, written, text);
      }),
    );
    cancelLook = followers.size === 0 ? undefined : after(EVERY_MS, () => void look());
  };
  return {
    open(response, cursor) {
      if (followers.size >= MAX_STREAMS) return false;
      const follower: Follower = { response, cursor, saidAt: now() };
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 2000\n\n');
      cancelLook ??= after(0, () => void look());
      return true;
    },
    close() {
      cancelLook?.();
      for (const { response } of followers) response.end();
      followers.clear();
    },
  };
}
