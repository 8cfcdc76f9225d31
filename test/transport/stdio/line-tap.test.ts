import { describe, expect, it } from 'vitest';
import { LineCopier } from '../../../src/transport/stdio/line-tap.ts';
import { RingReader } from '../../../src/transport/wire/ring-reader.ts';
import { createRing, RingWriter } from '../../../src/transport/wire/ring-writer.ts';
import { Slots } from '../../../src/transport/wire/slots.ts';
import type { Direction, WireEvent } from '../../../src/transport/wire/wire-event.ts';

const RING_BYTES = 65_536;

function startCopier(program = 'some-server') {
  const ring = createRing(RING_BYTES);
  const writer = new RingWriter(ring);
  const reader = new RingReader(ring);
  const copier = new LineCopier(writer, new Slots(), program, 1);
  /** Takes out what there is: so much of it at most. */
  const drain = (most = Number.POSITIVE_INFINITY): WireEvent[] => {
    const events: WireEvent[] = [];
    reader.drain((event) => {
      events.push(event.kind === 'bytes' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
    }, most);
    return events;
  };
  const copy = (text: string, direction: Direction = 'to-client') => copier.bytes(2, direction, Buffer.from(text));
  return { copier, copy, drain, dropped: () => reader.counts().copiesDropped };
}

const textOf = (events: readonly WireEvent[], direction: Direction = 'to-client'): string =>
  events
    .flatMap((event) => (event.kind === 'bytes' && event.direction === direction ? [Buffer.from(event.bytes)] : []))
    .join('');

/** More than there is room for. */
const TOO_MUCH = 'x'.repeat(RING_BYTES);

describe('the copies of a wrapped process', () => {
  it('are one exchange without HTTP: its head, bytes both ways, its end', () => {
    const { copier, copy, drain } = startCopier();
    copy('{"id":1}\n', 'to-server');
    copy('{"id":', 'to-client');
    copy('1}\n', 'to-client');
    copier.closed(3);
    expect(drain()).toEqual([
      { kind: 'opened', exchange: 0, at: 1, carrier: { kind: 'stdio', program: 'some-server' } },
      { kind: 'bytes', exchange: 0, at: 2, direction: 'to-server', bytes: Uint8Array.from(Buffer.from('{"id":1}\n')) },
      { kind: 'bytes', exchange: 0, at: 2, direction: 'to-client', bytes: Uint8Array.from(Buffer.from('{"id":')) },
      { kind: 'bytes', exchange: 0, at: 2, direction: 'to-client', bytes: Uint8Array.from(Buffer.from('1}\n')) },
      { kind: 'closed', exchange: 0, at: 3, reason: 'complete', size: 9 },
    ]);
  });

  it.each([
    ['evil\nInjected', 'evil?Injected'],
    ['sérvér', 'sérvér'],
    ['サーバー', '????'],
    ['', ''],
  ])('have %j for a name as %j', (program, read) => {
    expect(startCopier(program).drain()).toMatchObject([{ carrier: { kind: 'stdio', program: read } }]);
  });

  it('that find no room are dropped and counted; what follows begins with a line, after the end of the torn one', () => {
    const { copy, drain, dropped } = startCopier();
    copy('whole\ntorn');
    copy(TOO_MUCH);
    expect(dropped()).toBe(1);
    copy('rest of it');
    copy(' and more\nnext\nand ');
    copy('so on\n');
    expect(textOf(drain())).toBe('whole\ntorn\nnext\nand so on\n');
    expect(dropped()).toBe(1);
  });

  it('go on at once where what was dropped ended a line', () => {
    const { copy, drain } = startCopier();
    copy('torn');
    copy(`${TOO_MUCH}\n`);
    copy('next\n');
    expect(textOf(drain())).toBe('torn\nnext\n');
  });

  it('are resumed in the middle of a piece, or behind a piece that ends with its line', () => {
    const { copy, drain } = startCopier();
    copy(TOO_MUCH);
    copy('rest\n');
    copy('next\n');
    expect(textOf(drain())).toBe('\nnext\n');
  });

  it('of one direction do not wait for those of the other', () => {
    const { copy, drain } = startCopier();
    copy(TOO_MUCH, 'to-client');
    copy('{"id":1', 'to-server');
    copy('}\n', 'to-server');
    const events = drain();
    expect(textOf(events, 'to-server')).toBe('{"id":1}\n');
    expect(textOf(events, 'to-client')).toBe('');
  });

  it('hold nothing but lines, and beginnings of lines, wherever pieces are cut and copies are dropped', () => {
    // Small steps of a linear congruence: the same every time.
    let state = 1;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const { copy, drain, dropped } = startCopier();
    const lines = Array.from({ length: 2_000 }, (_, index) => `${index}:${'y'.repeat(random(400))}.`);
    const all = `${lines.join('\n')}\n`;
    let read = '';
    for (let from = 0; from < all.length;) {
      const length = 1 + random(3_000);
      copy(all.slice(from, from + length));
      from += length;
      if (random(12) === 0) read += textOf(drain(random(9)));
    }
    read += textOf(drain());
    expect(dropped()).toBeGreaterThan(0);
    const known = new Set(lines);
    const whole = read.split('\n').filter((line) => known.has(line));
    expect(whole.length).toBeGreaterThan(100);
    for (const line of read.split('\n').filter((each) => each !== '' && !known.has(each))) {
      // A line's number tells which line it is, unless the number itself is torn.
      const torn = lines.filter((candidate) => candidate.startsWith(line));
      expect(torn).not.toEqual([]);
    }
  });

  it('are announced again to an observer that was started anew, which reads on with the next line', () => {
    const { copier, copy, drain } = startCopier();
    copy('half a', 'to-client');
    copy('whole\n', 'to-server');
    drain();
    copier.reopened(5);
    copy(' line\nnext\n', 'to-client');
    copy('another\n', 'to-server');
    const events = drain();
    expect(events[0]).toMatchObject({
      kind: 'opened',
      exchange: 0,
      at: 5,
      carrier: { kind: 'stdio', program: 'some-server' },
    });
    expect(textOf(events, 'to-client')).toBe('\nnext\n');
    expect(textOf(events, 'to-server')).toBe('another\n');
  });

  it('tell at the end how much went to the client, copied or not', () => {
    const { copier, copy, drain } = startCopier();
    copy(TOO_MUCH);
    copy('end\n');
    copier.closed(9);
    expect(drain().at(-1)).toEqual({ kind: 'closed', exchange: 0, at: 9, reason: 'complete', size: RING_BYTES + 4 });
  });
});
