import { describe, expect, it } from 'vitest';
import { Peers } from '../../../src/transport/http/peers.ts';

describe('the number of an address', () => {
  it('is the same for all threads of a process, and another one in another process', () => {
    const [one, same, other] = [new Peers('a'), new Peers('a'), new Peers('b')].map((peers) => peers.of('192.0.2.7'));
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });

  it('tells addresses apart, is never 0, and fits 32 bits', () => {
    const peers = new Peers('a');
    const numbers = Array.from({ length: 256 }, (_, last) => peers.of(`192.0.2.${last}`));
    expect(new Set(numbers).size).toBe(256);
    expect(numbers.every((number) => Number.isInteger(number) && number > 0 && number < 2 ** 32)).toBe(true);
  });

  it('of a connection that is gone is 0', () => {
    expect(new Peers('a').of(undefined)).toBe(0);
  });
});
