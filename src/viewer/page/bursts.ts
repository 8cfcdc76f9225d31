import type { StoredOperation } from '../../store/operation-queries.ts';

/** A silence that gets no room, in milliseconds: minutes between two turns would make each call a hairline. */
const SILENCE = 3_000;

/** Operations that follow each other closely, drawn on one scale. Times: milliseconds since the epoch. */
export interface Burst {
  from: number;
  until: number;
  /** Since the previous one, in milliseconds; undefined: it is the first. */
  silence: number | undefined;
  operations: StoredOperation[];
}

/** Server requests stand below the call they came with. */
export function burstsOf(operations: readonly StoredOperation[]): Burst[] {
  const bursts: Burst[] = [];
  for (const operation of inOrder(operations)) {
    const until = operation.startedAt + operation.seconds * 1_000;
    const last = bursts.at(-1);
    if (last === undefined || operation.startedAt - last.until > SILENCE) {
      const silence = last === undefined ? undefined : operation.startedAt - last.until;
      bursts.push({ from: operation.startedAt, until, silence, operations: [operation] });
    } else {
      last.operations.push(operation);
      last.until = Math.max(last.until, until);
    }
  }
  return bursts;
}

function inOrder(operations: readonly StoredOperation[]): StoredOperation[] {
  const children = Map.groupBy(
    operations.filter((operation) => isChild(operation)),
    ({ parentAt }) => parentAt,
  );
  const ordered = operations
    .filter((operation) => !isChild(operation))
    .flatMap((operation) => {
      const own = children.get(operation.startedAt) ?? [];
      // Two calls may begin at one moment: the first has them.
      children.delete(operation.startedAt);
      return [operation, ...own];
    });
  // Those whose call is not shown.
  return [...ordered, ...[...children.values()].flat()];
}

const isChild = ({ parentAt, direction }: StoredOperation): boolean =>
  parentAt !== undefined && direction === 'to-client';
