import { describe, expect, it } from 'vitest';
import type { SpanOperation } from '../../src/collect/mcp-span.ts';
import type { Call } from '../../src/collect/same-call.ts';
import { UnnamedHandshakes } from '../../src/collect/unnamed-handshakes.ts';

let spans = 0;

/** A call that took a tenth of a second, in a trace of its own. */
function call(startedAt: number, more: Partial<SpanOperation> = {}, traceId = `trace ${++spans}`): Call {
  const operation: SpanOperation = {
    role: 'server',
    direction: 'to-server',
    emitter: 'fastmcp',
    tellsHandshakes: true,
    method: 'initialize',
    ...more,
  };
  const span = { traceId, spanId: String(++spans), parentSpanId: undefined, startedAt, endedAt: startedAt + 100 };
  const chosen = { span, operation };
  return { chosen, operation, spans: [chosen] };
}

describe('a handshake that names no session', () => {
  it('opened the first session of its server that comes after it, once', () => {
    const handshakes = new UnnamedHandshakes();
    const [first, second] = [call(1_000), call(2_000)];
    handshakes.keep('shop', first, 0);
    handshakes.keep('shop', second, 0);
    expect(handshakes.takeFor('other', call(3_000))).toBeUndefined();
    expect(handshakes.takeFor('shop', call(3_000))).toBe(first);
    expect(handshakes.takeFor('shop', call(3_000))).toBe(second);
    expect(handshakes.takeFor('shop', call(3_000))).toBeUndefined();
  });

  it('opened no session that was used before it ended', () => {
    const handshakes = new UnnamedHandshakes();
    handshakes.keep('shop', call(10_000), 0);
    expect(handshakes.takeFor('shop', call(5_000))).toBeUndefined();
  });

  it('is preferred in the trace of the call', () => {
    const handshakes = new UnnamedHandshakes();
    const same = call(2_000, {}, 'agent');
    handshakes.keep('shop', call(1_000), 0);
    handshakes.keep('shop', same, 0);
    expect(handshakes.takeFor('shop', call(3_000, {}, 'agent'))).toBe(same);
  });

  it('is not that of another client', () => {
    const handshakes = new UnnamedHandshakes();
    handshakes.keep('shop', call(1_000, { clientName: 'one' }), 0);
    expect(handshakes.takeFor('shop', call(2_000, { clientName: 'other' }))).toBeUndefined();
    expect(handshakes.takeFor('shop', call(2_000, { clientName: 'one' }))).toBeDefined();
  });

  it('goes on by itself after 15 seconds', () => {
    const handshakes = new UnnamedHandshakes();
    const kept = call(1_000);
    handshakes.keep('shop', kept, 1_000);
    expect(handshakes.due(15_999)).toEqual([]);
    expect(handshakes.due(16_000)).toEqual([kept]);
    expect(handshakes.due(Infinity)).toEqual([]);
  });

  it('goes on at once where a thousand wait, the oldest first', () => {
    const handshakes = new UnnamedHandshakes();
    const all = Array.from({ length: 1_001 }, (_, at) => call(at));
    expect(all.flatMap((each) => handshakes.keep('shop', each, 0))).toEqual([all[0]]);
  });
});
