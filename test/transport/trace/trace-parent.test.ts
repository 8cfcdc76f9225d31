import { describe, expect, it } from 'vitest';
import { formatTraceParent, parseTraceParent } from '../../../src/transport/trace/trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-02`, false],
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-comes-later`, true],
  ])('%s is read [W3C-TRACE-1]', (value, sampled) => {
    expect(parseTraceParent(value)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  it.each([
    undefined,
    null,
    5,
    '',
    'garbage',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}g-01`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])('%j is ignored [W3C-TRACE-2]', (value) => {
    expect(parseTraceParent(value)).toBeUndefined();
  });

  it.each([true, false])('is written so that it is read again, sampled: %j', (sampled) => {
    expect(parseTraceParent(formatTraceParent(TRACE, SPAN, sampled))).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      sampled,
    });
  });
});
