import type { Attributes } from '@opentelemetry/api';
import { errorTypeOf, methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import { operationLabels } from './attributes.ts';
import { MAX_LABEL_SETS, type LabelSets } from './label-sets.ts';
import { ATTR } from './semconv.ts';

/** The labels of all measurements of one operation. */
interface Labels {
  duration: Attributes;
  requestBytes: Attributes;
  responseBytes: Attributes;
  toolCall: Attributes;
}

/** Similar operations share their labels, because creating four new sets for each operation costs 4 µs. */
export class OperationLabels {
  readonly #server: string;
  readonly #sets: LabelSets;
  readonly #known = new Map<string, Labels>();

  constructor(server: string, sets: LabelSets) {
    this.#server = server;
    this.#sets = sets;
  }

  of(operation: EndedOperation): Labels {
    const { outcome, exchange } = operation;
    const { request } = exchange;
    const network = request.carrier === 'http' ? request.httpVersion : request.carrier;
    const code = outcome.kind === 'rpc-error' ? outcome.code : '';
    const key = `${methodLabel(operation.method)}\0${operation.targetLabel}\0${operation.clientLabel}\0${errorTypeOf(operation)}\0${operation.counted.rejected}\0${code}\0${
      operation.protocolVersion
    }\0${network}\0${operation.source}\0${operation.era}\0${operation.attempt > 1}\0${operation.direction}`;
    let labels = this.#known.get(key);
    if (labels === undefined) {
      labels = this.#make(operation);
      if (this.#known.size < MAX_LABEL_SETS) this.#known.set(key, labels);
    }
    return labels;
  }

  #make(operation: EndedOperation): Labels {
    const { clientLabel, direction, target, targetLabel } = operation;
    const fromServer = direction === 'to-client';
    const client: Attributes = { [ATTR.client]: clientLabel, [ATTR.server]: this.#server };
    const bytes: Attributes = { ...client, [ATTR.method]: methodLabel(operation.method) };
    if (target?.kind === 'tool' && targetLabel !== undefined) bytes[ATTR.toolName] = targetLabel;
    const there = fromServer ? 'to-client' : 'to-server';
    const back = fromServer ? 'to-server' : 'to-client';
    return {
      duration: this.#sets.bounded(
        fromServer ? 'clientOperation' : 'serverOperation',
        operationLabels(operation, this.#server),
      ),
      requestBytes: this.#sets.bounded('messageBytes', { ...bytes, [ATTR.direction]: there }),
      responseBytes: this.#sets.bounded('messageBytes', { ...bytes, [ATTR.direction]: back }),
      toolCall: this.#sets.bounded('toolCalls', {
        ...client,
        [ATTR.sessionSource]: operation.source,
        [ATTR.era]: operation.era,
        [ATTR.attempt]: operation.attempt > 1 ? 'retry' : 'first',
      }),
    };
  }
}
