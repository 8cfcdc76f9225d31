import { OTHER } from '../session/client.ts';
import { codeLabel, methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';

/** What many operations have in common: a row of `kinds`. `''` means none. */
export interface Kind {
  client: string;
  method: string;
  target: string;
  direction: string;
  form: string;
  era: string;
  source: string;
  outcome: string;
  /** What went wrong, bounded like a label. */
  code: string;
  handshake: string;
  discovery: string;
  /** `failed` and `rejected` are those of `Counted`. */
  failed: boolean;
  rejected: boolean;
  /** It is one of the tool calls of its session, or a further round of one. */
  counts: boolean;
  attempt: string;
  turnedAway: boolean;
  unknown: boolean;
}

const MAX_KINDS = 10_000;

/**
 * One object for all operations that are alike: to compare with the few of the same client and target takes a third of
 * the time of a text made of all members.
 */
export class Kinds {
  readonly #byClient = new Map<string, Map<string, Kind[]>>();
  #size = 0;

  of(operation: EndedOperation): Kind {
    const about = operation.targetLabel ?? methodLabel(operation.method);
    let byTarget = this.#byClient.get(operation.clientLabel);
    if (byTarget === undefined) {
      byTarget = new Map();
      this.#byClient.set(operation.clientLabel, byTarget);
    }
    const known = byTarget.get(about);
    const kind = kindOf(operation);
    const same = known?.find((other) => isSame(other, kind));
    if (same !== undefined) return same;
    if (known === undefined) byTarget.set(about, [kind]);
    else known.push(kind);
    if (++this.#size > MAX_KINDS) this.#forget();
    return kind;
  }

  #forget(): void {
    this.#byClient.clear();
    this.#size = 0;
  }
}

function kindOf(operation: EndedOperation): Kind {
  const { outcome, counted, discovery } = operation;
  return {
    client: operation.clientLabel,
    method: methodLabel(operation.method),
    target: operation.targetLabel ?? '',
    direction: operation.direction,
    form: operation.form,
    era: operation.era,
    source: operation.source,
    outcome: outcome.kind,
    code: codeOf(operation),
    handshake: operation.handshake ?? '',
    discovery: discovery === undefined ? '' : discovery.avoidable ? 'avoidable' : 'needed',
    failed: counted.failed,
    rejected: counted.rejected,
    counts: counted.toolCall,
    attempt: operation.attempt > 1 ? 'retry' : 'first',
    turnedAway: counted.turnedAway,
    unknown: operation.unknownTool,
  };
}

/** Those of the same client and target; what differs most often comes first. */
const isSame = (a: Kind, b: Kind): boolean =>
  a.outcome === b.outcome &&
  a.code === b.code &&
  a.source === b.source &&
  a.era === b.era &&
  a.attempt === b.attempt &&
  a.handshake === b.handshake &&
  a.discovery === b.discovery &&
  a.counts === b.counts &&
  a.failed === b.failed &&
  a.rejected === b.rejected &&
  a.turnedAway === b.turnedAway &&
  a.unknown === b.unknown &&
  a.method === b.method &&
  a.target === b.target &&
  a.direction === b.direction &&
  a.form === b.form;

function codeOf({ outcome, exchange }: EndedOperation): string {
  switch (outcome.kind) {
    case 'rpc-error':
      return outcome.code === undefined ? OTHER : codeLabel(outcome.code);
    case 'failed':
      return outcome.type;
    case 'refused':
      return String(exchange.answer?.status ?? '');
    case 'ok':
    case 'tool-error':
    case 'cancelled':
    case 'lost':
      return '';
  }
}
