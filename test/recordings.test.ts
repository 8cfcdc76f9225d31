import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { observe, replay } from './recordings/replay.ts';
import { fromLine, toLine } from './recordings/wire-lines.ts';
import type { WireEvent } from '../src/transport/wire/wire-event.ts';

const FOLDER = new URL('./recordings/', import.meta.url);
const NAMES = globSync('*/*.jsonl', { cwd: FOLDER.pathname }).map((file) => file.replace(/\.jsonl$/, ''));

const read = (name: string): string[] =>
  readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8')
    .trimEnd()
    .split('\n');

/** The pieces of a `bytes` event that is cut at these positions. */
function cut(event: WireEvent, positions: readonly number[]): WireEvent[] {
  if (event.kind !== 'bytes') return [event];
  const edges = [0, ...positions, event.bytes.length];
  return edges.slice(1).map((to, index) => ({ ...event, bytes: event.bytes.subarray(edges[index], to) }));
}

const everyPosition = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);

it('there are recordings of both eras', () => {
  expect(NAMES.filter((name) => name.startsWith('2025-')).length).toBeGreaterThanOrEqual(5);
  expect(NAMES.filter((name) => name.startsWith('2026-')).length).toBeGreaterThanOrEqual(2);
});

describe.each(NAMES)('%s', (name) => {
  const lines = read(name);
  const events = lines.map(fromLine);

  it('is told as it is written down', async () => {
    await expect(`${replay(events).join('\n')}\n`).toMatchFileSnapshot(`./recordings/${name}.txt`);
  });

  it('is read from its lines as it was written to them', () => {
    expect(events.map(toLine)).toEqual(lines);
  });

  it('means the same when every byte comes alone', () => {
    const bytewise = events.flatMap((event) =>
      event.kind === 'bytes' ? cut(event, everyPosition(event.bytes)) : [event],
    );
    expect(bytewise.length).toBeGreaterThan(events.length);
    expect(replay(bytewise)).toEqual(replay(events));
  });

  it('shows the same messages at whatever position a body is cut in two', () => {
    for (const [exchange, own] of Map.groupBy(events, (event) => event.exchange)) {
      const whole = observe(own);
      for (const [index, event] of own.entries()) {
        if (event.kind !== 'bytes') continue;
        for (const position of everyPosition(event.bytes)) {
          const observed = observe(own.toSpliced(index, 1, ...cut(event, [position])));
          // Compared first as text: a matcher for each of some 10 000 positions takes longer than all the rest.
          if (observed.join() !== whole.join()) expect(observed, `exchange ${exchange}, at ${position}`).toEqual(whole);
        }
      }
    }
  });
});
