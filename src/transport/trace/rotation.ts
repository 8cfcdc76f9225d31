export interface RotationOptions {
  segmentOperations: number;
  segmentSeconds: number;
}

/** The trace a session is in at present. Times: ms since the epoch. */
export interface SegmentUse {
  operations: number;
  since: number;
}

/** Rotation by time needs this many operations as well: a quiet session stays in one trace. */
const MIN_OPERATIONS = 100;

/**
 * Counts one more operation. Returns whether it belongs to a new trace: the present one holds `segmentOperations`, or
 * is `segmentSeconds` old.
 */
export function rotates(segment: SegmentUse, at: number, options: RotationOptions): boolean {
  segment.operations++;
  const old = at - segment.since >= options.segmentSeconds * 1_000 && segment.operations > MIN_OPERATIONS;
  return old || segment.operations > options.segmentOperations;
}
