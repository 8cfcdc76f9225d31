import { expect, it } from 'vitest';
import { asBuffer, copyInto } from '../../../src/transport/wire/copy.ts';

it('copies shared memory from anywhere to anywhere, and no byte more', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(64)).map((_, i) => i + 1);
  for (let from = 0; from < 10; from += 1)
    for (let at = 0; at < 10; at += 1)
      for (const length of [1, 2, 8, 41]) {
        const target = Buffer.alloc(64);
        copyInto(target, at, asBuffer(shared.subarray(from, from + length)));
        const expected = Array.from({ length: 64 }, (_, i) => (i >= at && i < at + length ? from + i - at + 1 : 0));
        expect([...target]).toEqual(expected);
      }
});
