import { describe, expect, it } from 'vitest';
import { deriveRootIds, randomSpanId, randomTraceId } from '../../../src/transport/trace/trace-id.ts';

describe('derived ids', () => {
  // Made with: printf 'mcpspan/1\0…' | sha256sum. Replicas of different versions must agree on them.
  it.each([
    ['of a session', ['localhost:3000', 'abc'], 'ee4e2415f040fdcfcbf5eb7040633806611ac5d42f900f55e9a0edf33ff31cb0'],
    [
      'of activity, salted',
      ['quiz', 'peer\0zed', 'instance-1', 1_767_225_600_000.25],
      '1d126fdbfa3fec5402fa632151863941b7cbd275664e6617b4b2b5a1afaa3b87',
    ],
    [
      'of a segment',
      ['quiz', 'abc', 'instance-1', 0, 1],
      'a269fe8c6888df5b29e57915626259e1a4657f34417b0b9c71bfc49f1fba79bf',
    ],
    [
      'of a name beyond ASCII, as UTF-8',
      ['qüiz', 'abc'],
      'c30e9b073b0996da8c596b7fc6e1a61116a312ff984f7744907859f7e9262f53',
    ],
  ] as const)('%s are the first 16 and the next 8 bytes of a SHA-256', (_, [server, key, ...salt], digest) => {
    expect(deriveRootIds(server, key, ...salt)).toEqual({ traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) });
  });

  it('keep their parts apart', () => {
    expect(deriveRootIds('ab', 'c')).not.toEqual(deriveRootIds('a', 'bc'));
    expect(deriveRootIds('a', 'b', 'c', 1)).not.toEqual(deriveRootIds('a', 'b', 'c1'));
  });
});

describe('random ids', () => {
  it.each([
    ['of a span', randomSpanId, /^[0-9a-f]{16}$/],
    ['of a trace', randomTraceId, /^[0-9a-f]{32}$/],
  ])('%s are well formed and differ', (_, make, form) => {
    const ids = Array.from({ length: 2_000 }, make);
    expect(ids.every((id) => form.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(2_000);
  });
});
