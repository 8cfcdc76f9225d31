import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import type { NewOperations } from '../../src/viewer/api.ts';
import { createStreams } from '../../src/viewer/stream.ts';
import { httpServer } from '../support/listen.ts';
import { manualTimers } from '../support/timers.ts';

const LOOK_MS = 500;
const MAX_WAITING_BYTES = 1_048_576;

/** Streams over a store that says what it is told to. */
async function startStreams() {
  const timers = manualTimers();
  /** Of which cursors it was asked what follows. */
  const asked: (number | undefined)[] = [];
  let cursor = 7;
  let operations: NewOperations['operations'] = [];
  const streams = createStreams(
    {
      written: (from) => {
        asked.push(from);
        return Promise.resolve({ from: from ?? cursor, cursor, operations, missed: 0 });
      },
      ask: () => Promise.reject(new Error('nobody asks here')),
      close: () => undefined,
    },
    timers,
  );
  const responses: ServerResponse[] = [];
  const server = await httpServer((request, response) => {
    responses.push(response);
    const from = new URL(request.url ?? '', 'http://page').searchParams.get('from');
    if (!streams.open(response, from === null ? undefined : Number(from))) response.writeHead(503).end();
  });
  return {
    streams,
    timers,
    responses,
    asked,
    /** Something is written. */
    write: (written: NewOperations['operations'] = []) => {
      cursor++;
      operations = written;
    },
    /** A page that follows, from what it saw last. */
    async follow(from?: number) {
      const socket = net.connect(server.port, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1');
      socket.on('data', (data: string) => {
        text += data;
      });
      socket.write(`GET /${from === undefined ? '' : `?from=${from}`} HTTP/1.1\r\nhost: page\r\n\r\n`);
      const count = responses.length;
      while (responses.length === count) await once(socket, 'data');
      return {
        socket,
        /** What it reads, once it has read this. */
        async hears(what: string): Promise<string> {
          while (!text.includes(what)) await once(socket, 'data');
          const heard = text;
          text = '';
          return heard;
        },
        async leave(): Promise<void> {
          const response = responses.at(-1);
          socket.destroy();
          if (response !== undefined && !response.closed) await once(response, 'close');
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      streams.close();
      await server.close();
    },
  };
}

describe('a page that follows', () => {
  it('is told at once where it begins, then what is written, and nothing where nothing is', async () => {
    await using rig = await startStreams();
    const page = await rig.follow();
    await rig.timers.advance(0);
    expect(await page.hears('"cursor":7')).toContain('id: 7\nevent: written\ndata: ');
    rig.write();
    await rig.timers.advance(LOOK_MS);
    await page.hears('"cursor":8');
    await rig.timers.advance(4 * LOOK_MS);
    rig.write();
    await rig.timers.advance(LOOK_MS);
    expect(await page.hears('"cursor":9')).not.toContain('"cursor":8');
    expect(rig.asked).toEqual([undefined, 7, 8, 8, 8, 8, 8]);
  });

  it('hears every 15 s that the stream is alive, though nothing is written', async () => {
    await using rig = await startStreams();
    const page = await rig.follow(7);
    await rig.timers.advance(14_999);
    await rig.timers.advance(1);
    await rig.timers.advance(15_000);
    rig.write();
    await rig.timers.advance(LOOK_MS);
    expect((await page.hears('"cursor":8')).match(/: still here\n\n/g)).toHaveLength(2);
  });

  it('is told no more when it has left, and nobody looks for nobody', async () => {
    await using rig = await startStreams();
    const page = await rig.follow(7);
    await rig.timers.advance(0);
    await page.leave();
    await rig.timers.advance(10 * LOOK_MS);
    expect(rig.asked).toEqual([7]);
    expect(rig.timers.waiting()).toBe(0);
    await rig.follow(7);
    await rig.timers.advance(0);
    expect(rig.asked).toEqual([7, 7]);
  });

  it('shares its look with those that saw the same', async () => {
    await using rig = await startStreams();
    const pages = [await rig.follow(7), await rig.follow(7), await rig.follow(5)];
    await rig.timers.advance(0);
    expect(rig.asked).toEqual([7, 5]);
    rig.write();
    await rig.timers.advance(LOOK_MS);
    for (const page of pages) await page.hears('"cursor":8');
    expect(rig.asked).toEqual([7, 5, 7]);
  });

  it('and does not read is told no more until it does; others are', async () => {
    await using rig = await startStreams();
    const slow = await rig.follow(7);
    slow.socket.pause();
    const [response] = rig.responses;
    if (response === undefined) throw new Error('it follows');
    const page = await rig.follow(7);
    // The stream does not look at what it tells; a big one, to fill what the system holds back by itself.
    const [big] = [[{ method: 'x'.repeat(MAX_WAITING_BYTES / 4) }]] as unknown as [NewOperations['operations']];
    let cursor = 7;
    const tell = async (written: NewOperations['operations']): Promise<void> => {
      rig.write(written);
      await rig.timers.advance(LOOK_MS);
      await page.hears(`"cursor":${++cursor},`);
    };
    while (response.writableLength <= MAX_WAITING_BYTES) await tell(big);
    const waiting = response.writableLength;
    for (let look = 0; look < 10; look++) await tell(big);
    expect(response.writableLength).toBeLessThanOrEqual(waiting);
    rig.write();
    slow.socket.resume();
    if (response.writableNeedDrain) await once(response, 'drain');
    await rig.timers.advance(LOOK_MS);
    await slow.hears(`"cursor":${cursor + 1},`);
  });

  it('has its stream ended when the page is closed', async () => {
    await using rig = await startStreams();
    const page = await rig.follow(7);
    await rig.timers.advance(0);
    rig.streams.close();
    await page.hears('0\r\n\r\n');
    expect(rig.timers.waiting()).toBe(0);
  });
});
