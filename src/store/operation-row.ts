import { Buffer } from 'node:buffer';
import { OTHER } from '../session/client.ts';
import { methodLabel } from '../session/labels.ts';
import type { Broken } from '../session/lint-rules.ts';
import type { EndedOperation, Repeat } from '../session/operation.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Session } from '../session/session.ts';
import type { Kind, Kinds } from './kinds.ts';

/** What only a few operations have: a row of `details`, in the order of its columns. */
export type Details = readonly [
  method: string | null,
  target: string | null,
  uri: string | null,
  code: string | null,
  message: string | null,
  args: string | null,
  result: string | null,
  parentUs: number | null,
  events: string | null,
  cancelled: number,
  incomplete: number,
  repeats: number | null,
  unsuccessful: number | null,
];

/** The parts of an operation that are stored. It holds no reference to the operation itself. */
export interface OperationRow {
  session: Session | undefined;
  kind: Kind;
  startedUs: number;
  tookUs: number;
  requestBytes: number;
  responseBytes: number;
  /** The trace id, if it is not that of its session's first trace. */
  trace: Buffer | null;
  details: Details | undefined;
  /** Rules of the revision of 2026-07-28 that it breaks; only counted. */
  broken: readonly Broken[] | undefined;
}

/** @param aheadMs how far the wall clock is ahead of the operation's */
export function rowOf(operation: EndedOperation, aheadMs: number, kinds: Kinds, privacy: Privacy): OperationRow {
  const { session, startedAt, endedAt, placement } = operation;
  const { traceId } = placement;
  return {
    session,
    kind: kinds.of(operation),
    startedUs: microseconds(startedAt + aheadMs),
    tookUs: microseconds(Math.max(0, endedAt - startedAt)),
    requestBytes: operation.requestBytes,
    responseBytes: operation.responseBytes,
    trace: traceId === session?.root.traceId ? null : Buffer.from(traceId, 'hex'),
    details: detailsOf(operation, aheadMs, privacy),
    broken: operation.broken,
  };
}

export const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1_000);

function detailsOf(operation: EndedOperation, aheadMs: number, privacy: Privacy): Details | undefined {
  const { target, outcome, uri, parent, events, capturedArguments, capturedResult, incomplete } = operation;
  const repeat = storedRepeatOf(operation);
  const odd = methodLabel(operation.method) === OTHER || operation.targetLabel === OTHER;
  const rpcError = outcome.kind === 'rpc-error';
  const message = messageOf(operation, privacy);
  const plain =
    !odd && !rpcError && message === undefined && uri === undefined && parent === undefined && events.length === 0;
  const whole = !incomplete && !operation.cancelled && repeat === undefined;
  if (plain && whole && capturedArguments === undefined && capturedResult === undefined) return undefined;
  return [
    methodLabel(operation.method) === OTHER ? privacy.name(operation.method) : null,
    operation.targetLabel === OTHER && target !== undefined ? privacy.name(target.name) : null,
    uri === undefined ? null : privacy.uri(uri),
    rpcError && outcome.code !== undefined ? String(outcome.code) : null,
    message ?? null,
    capturedArguments === undefined ? null : privacy.payload(capturedArguments),
    capturedResult === undefined ? null : privacy.payload(capturedResult),
    parent === undefined ? null : microseconds(parent.startedAt + aheadMs),
    events.length === 0 ? null : eventsOf(operation),
    operation.cancelled ? 1 : 0,
    incomplete ? 1 : 0,
    repeat?.calls ?? null,
    repeat?.unsuccessful ?? null,
  ];
}

/** What a failed operation said: as it is captured, else redacted for this record alone. */
function messageOf({ outcome, toolErrorText }: EndedOperation, privacy: Privacy): string | undefined {
  if (outcome.kind === 'tool-error')
    return toolErrorText === undefined ? undefined : privacy.recordedMessage(toolErrorText);
  if (outcome.kind !== 'rpc-error') return undefined;
  return privacy.errorMessage(outcome.message) ?? privacy.recordedMessage(outcome.message);
}

/** From a hundred on, one in ten is enough, then one in a hundred: who polls all day repeats every call. */
function storedRepeatOf({ repeat }: EndedOperation): Repeat | undefined {
  if (repeat === undefined) return undefined;
  const step = 10 ** Math.max(0, String(repeat.calls).length - 2);
  return repeat.calls % step === 0 ? repeat : undefined;
}

/** Progress and log messages of the server; offsets are milliseconds since the operation began. */
function eventsOf({ events, startedAt }: EndedOperation): string {
  return JSON.stringify(
    events.map(({ name, at, facts }) => ({ name, offset: Math.round(Math.max(0, at - startedAt)), ...facts })),
  );
}
