import type { Attributes } from '@opentelemetry/api';
import { errorTypeOf, methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import type { Counter, Histogram, Recording } from './aggregation.ts';
import { Alike } from './alike.ts';
import { operationLabels } from './attributes.ts';
import { ATTR } from './semconv.ts';

/** Where operations that have all labels in common are recorded. */
interface SeriesOfOperations {
  duration: Histogram;
  requestBytes: Histogram;
  responseBytes: Histogram;
  toolCall: Counter;
}

/** With all that the labels are made of, beside those that it is found by. */
interface KnownSeries extends SeriesOfOperations {
  method: string;
  direction: string;
  source: string;
  era: string;
  protocolVersion: string | undefined;
  network: string;
  isRetry: boolean;
  rejected: boolean;
  errorType: string | undefined;
  code: number | undefined;
}

/** Similar operations share their series, because making and looking up four label sets for each of them costs 4 µs. */
export class OperationSeries {
  readonly #server: string;
  readonly #recording: Recording;
  readonly #alike = new Alike<KnownSeries>((operation) => this.#make(operation), fits);

  constructor(server: string, recording: Recording) {
    this.#server = server;
    this.#recording = recording;
  }

  of(operation: EndedOperation): SeriesOfOperations {
    return this.#alike.of(operation);
  }

  #make(operation: EndedOperation): KnownSeries {
    const { clientLabel, direction, target, targetLabel } = operation;
    const fromServer = direction === 'to-client';
    const client: Attributes = { [ATTR.client]: clientLabel, [ATTR.server]: this.#server };
    const bytes: Attributes = { ...client, [ATTR.method]: methodLabel(operation.method) };
    if (target?.kind === 'tool' && targetLabel !== undefined) bytes[ATTR.toolName] = targetLabel;
    const there = fromServer ? 'to-client' : 'to-server';
    const back = fromServer ? 'to-server' : 'to-client';
    const recording = this.#recording;
    return {
      method: operation.method,
      direction,
      source: operation.source,
      era: operation.era,
      protocolVersion: operation.protocolVersion,
      network: networkOf(operation),
      isRetry: operation.attempt > 1,
      rejected: operation.counted.rejected,
      errorType: errorTypeOf(operation),
      code: codeOf(operation),
      duration: recording.histogram(
        fromServer ? 'clientOperation' : 'serverOperation',
        operationLabels(operation, this.#server),
      ),
      requestBytes: recording.histogram('messageBytes', { ...bytes, [ATTR.direction]: there }),
      responseBytes: recording.histogram('messageBytes', { ...bytes, [ATTR.direction]: back }),
      toolCall: recording.counter('toolCalls', {
        ...client,
        [ATTR.sessionSource]: operation.source,
        [ATTR.era]: operation.era,
        [ATTR.attempt]: operation.attempt > 1 ? 'retry' : 'first',
      }),
    };
  }
}

const fits = (known: KnownSeries, operation: EndedOperation): boolean =>
  known.method === operation.method &&
  known.direction === operation.direction &&
  known.source === operation.source &&
  known.era === operation.era &&
  known.protocolVersion === operation.protocolVersion &&
  known.network === networkOf(operation) &&
  known.isRetry === operation.attempt > 1 &&
  known.rejected === operation.counted.rejected &&
  known.errorType === errorTypeOf(operation) &&
  known.code === codeOf(operation);

const networkOf = ({ exchange: { request } }: EndedOperation): string =>
  request.carrier === 'http' ? request.httpVersion : request.carrier;

const codeOf = ({ outcome }: EndedOperation): number | undefined =>
  outcome.kind === 'rpc-error' ? outcome.code : undefined;
