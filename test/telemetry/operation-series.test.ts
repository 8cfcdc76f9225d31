import type { Attributes } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { EndedOperation } from '../../src/session/operation.ts';
import type { Recording } from '../../src/telemetry/aggregation.ts';
import { OperationSeries } from '../../src/telemetry/operation-series.ts';
import { SERVER, startConversation } from '../support/conversation.ts';

const nothing = (): void => {};
/** Its series say what they are. */
const recording: Recording = {
  counter: (name: string, labels: Attributes) => ({ name, labels, increment: nothing }),
  histogram: (name: string, labels: Attributes) => ({ name, labels, record: nothing }),
};

const talk = startConversation();
const base: EndedOperation = { ...talk.call('s1'), targetLabel: '_OTHER' };
const { exchange, counted } = base;
const withRequest = (more: object): EndedOperation => ({
  ...base,
  exchange: { ...exchange, request: { ...exchange.request, ...more } },
});
const failed = { ...counted, failed: true };

const OTHER: Record<string, EndedOperation> = {
  'the client': { ...base, clientLabel: 'zed' },
  'the method': { ...base, method: 'prompts/get', target: { kind: 'prompt', name: 'quiz' } },
  'the direction': { ...base, direction: 'to-client' },
  'the source of the session': { ...base, source: 'peer' },
  'the era': { ...base, era: base.era === 'modern' ? 'legacy' : 'modern' },
  'the revision': { ...base, protocolVersion: '2025-03-26' },
  'the version of HTTP': withRequest({ httpVersion: '1.0' }),
  'the carrier': withRequest({ carrier: 'stdio', httpVersion: undefined }),
  'the round': { ...base, attempt: 2 },
  'a rejection': { ...base, counted: { ...counted, rejected: true } },
  'a failure': { ...base, outcome: { kind: 'tool-error' }, counted: failed },
  'the code of an error': { ...base, outcome: { kind: 'rpc-error', code: -32_602, message: '' } },
};

it.each(Object.entries(OTHER))('operations that differ in %s are recorded apart', (_, operation) => {
  const series = new OperationSeries(SERVER, recording);
  const first = series.of(base);
  expect(series.of(operation)).toEqual(new OperationSeries(SERVER, recording).of(operation));
  expect(series.of(operation)).not.toEqual(first);
  expect(series.of(base)).toBe(first);
});
