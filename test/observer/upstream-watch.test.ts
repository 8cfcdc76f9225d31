import { describe, expect, it } from 'vitest';
import { UpstreamWatch } from '../../src/observer/upstream-watch.ts';
import { UPSTREAM_FAULTS, type UpstreamFault } from '../../src/transport/upstream-fault.ts';
import type { CloseReason } from '../../src/transport/wire/wire-event.ts';

function watch() {
  const lines: string[] = [];
  const upstream = new UpstreamWatch('http://quiz:3000', (line) => lines.push(line));
  const closed = (at: number, reason: CloseReason = 'upstream-unreachable', fault?: UpstreamFault) =>
    upstream.take({ kind: 'closed', exchange: 1, at, reason, size: 0, ...(fault !== undefined && { fault }) });
  const answered = (at: number) => upstream.take({ kind: 'answered', exchange: 1, at, status: 200, headers: [] });
  return { upstream, lines, closed, answered, figures: () => upstream.figures() };
}

function fault(name: string): UpstreamFault {
  const found = UPSTREAM_FAULTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no fault ${name}`);
  return found;
}

const DOWN = 'the upstream http://quiz:3000 cannot be reached; requests are answered with 502 or 504 until it can';

describe('an upstream that cannot be reached', () => {
  it.each<CloseReason>(['upstream-unreachable', 'timeout'])(
    'is told of once, and once when it answers (%s)',
    (reason) => {
      const { lines, closed, answered } = watch();
      answered(0);
      for (let at = 1_000; at <= 12_000; at += 1_000) closed(at, reason);
      expect(lines).toEqual([DOWN]);
      answered(14_000);
      answered(15_000);
      expect(lines.slice(1)).toEqual([
        'the upstream http://quiz:3000 answers again, after 13 s; 12 requests did not reach it',
      ]);
    },
  );

  it.each<CloseReason>(['complete', 'client-left', 'upstream-failed'])('is not one that is reached (%s)', (reason) => {
    const { lines, closed } = watch();
    closed(1, reason);
    expect(lines).toEqual([]);
  });

  it('is told of with the fault of its certificate and the cure, also where that shows only later, once', () => {
    const { lines, closed, answered, figures } = watch();
    const unknown = fault('unknown-authority');
    const otherName = fault('other-name');
    expect(figures()).toEqual({});
    closed(1_000);
    expect(figures()).toEqual({ upstreamFailingSince: 1_000, upstreamRequestsFailed: 1 });
    for (const at of [2_000, 3_000]) closed(at, 'upstream-unreachable', unknown);
    for (const at of [4_000, 5_000]) closed(at, 'upstream-unreachable', otherName);
    closed(6_000, 'upstream-unreachable', unknown);
    expect(lines).toEqual([
      DOWN,
      ...[unknown, otherName].map(({ what, cure }) => DOWN.replace(';', `: ${what} (${cure});`)),
    ]);
    expect(figures()).toEqual({
      upstreamFailingSince: 1_000,
      upstreamRequestsFailed: 6,
      upstreamFault: UPSTREAM_FAULTS.indexOf(unknown) + 1,
    });
    answered(7_000);
    expect(figures()).toEqual({ upstreamReached: 1 });
  });

  it('is not told of again within ten seconds, unless it stays so', () => {
    const { lines, closed, answered } = watch();
    closed(0);
    answered(1_000);
    for (let at = 2_000; at < 10_000; at += 1_000) {
      closed(at);
      answered(at + 500);
    }
    expect(lines).toHaveLength(2);
    closed(10_500);
    closed(11_000);
    closed(12_000);
    expect(lines.slice(2)).toEqual([DOWN]);
  });
});

describe('a check at the start', () => {
  it('tells of an upstream that is not up, and of its first answer, which no request was lost to', () => {
    const { lines, upstream } = watch();
    const refused = fault('refused');
    upstream.unreached(1_000, refused);
    upstream.unreached(4_000, refused);
    expect(lines).toEqual([DOWN.replace(';', `: ${refused.what} (${refused.cure});`)]);
    upstream.reached(7_000);
    expect(lines.slice(1)).toEqual(['the upstream http://quiz:3000 can be reached now, after 6 s']);
  });
});

it('whoever shows the upstream is told when it changes, and not again while it stays so', () => {
  let changes = 0;
  const upstream = new UpstreamWatch(
    'http://quiz:3000',
    () => undefined,
    () => changes++,
  );
  const after = (act: () => void): number => {
    act();
    return changes;
  };
  expect(after(() => upstream.unreached(1_000, undefined))).toBe(1);
  expect(after(() => upstream.unreached(2_000, undefined))).toBe(1);
  expect(after(() => upstream.reached(3_000))).toBe(2);
  expect(after(() => upstream.reached(4_000))).toBe(2);
});
