import type { Attributes } from '@opentelemetry/api';
import { errorTypeOf, methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import type { Counter, Histogram, Recording } from './aggregation.ts';
import { operationLabels } from './attributes.ts';
import { MAX_LABEL_SETS } from './label-sets.ts';
import { ATTR } from './semconv.ts';

/** Where one operation is recorded. */
interface SeriesOfOperation {
  duration: Histogram;
  requestBytes: Histogram;
  responseBytes: Histogram;
  toolCall: Counter;
}

/** Similar operations share their series, because making and looking up four label sets for each of them costs 4 µs. */
export class OperationSeries {
  readonly #server: string;
  readonly #recording: Recording;
  readonly #known = new Map<string, SeriesOfOperation>();

  constructor(server: string, recording: Recording) {
    this.#server = server;
    this.#recording = recording;
  }

  of(operation: EndedOperation): SeriesOfOperation {
    const { outcome, exchange } = operation;
    const { request } = exchange;
    const network = request.carrier === 'http' ? request.httpVersion : request.carrier;
    const code = outcome.kind === 'rpc-error' ? outcome.code : '';
    const key = `${methodLabel(operation.method)}\0${operation.targetLabel}\0${operation.clientLabel}\0${errorTypeOf(operation)}\0${operation.counted.rejected}\0${code}\0${
      operation.protocolVersion
    }\0${network}\0${operation.source}\0${operation.era}\0${operation.attempt > 1}\0${operation.direction}`;
    let series = this.#known.get(key);
    if (series === undefined) {
      series = this.#make(operation);
      if (this.#known.size < MAX_LABEL_SETS) this.#known.set(key, series);
    }
    return series;
  }

  #make(operation: EndedOperation): SeriesOfOperation {
    const { clientLabel, direction, target, targetLabel } = operation;
    const fromServer = direction === 'to-client';
    const client: Attributes = { [ATTR.client]: clientLabel, [ATTR.server]: this.#server };
    const bytes: Attributes = { ...client, [ATTR.method]: methodLabel(operation.method) };
    if (target?.kind === 'tool' && targetLabel !== undefined) bytes[ATTR.toolName] = targetLabel;
    const there = fromServer ? 'to-client' : 'to-server';
    const back = fromServer ? 'to-server' : 'to-client';
    const recording = this.#recording;
    return {
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
