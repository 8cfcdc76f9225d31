import type { RootIds } from '../transport/trace/trace-id.ts';
import { clientFromHeaders, type Client } from './client.ts';
import type { PastSession } from './live.ts';
import type { Operation } from './operation.ts';
import { principalIn } from './principal.ts';
import type { Opened, Session, SessionSource } from './session.ts';
import { noTotals } from './totals.ts';

export interface SessionStart {
  key: string;
  source: SessionSource;
  id: string | undefined;
  opened: Opened;
  /** The operation that opened it. */
  operation: Operation;
  client: Client;
  clientLabel: string;
  affinity: string | undefined;
  root: RootIds;
  /** What is remembered of the session, if it ended for us before and is used again. */
  past: PastSession | undefined;
  at: number;
}

/** Makes a session at its opening. It is new, or continues one that ended for us before. */
export function newSession({ operation, client, past, root, at, ...start }: SessionStart): Session {
  const { startedAt, era, conversation, protocolVersion } = operation;
  return {
    key: start.key,
    source: start.source,
    id: start.id,
    opened: past?.opened ?? start.opened,
    openedAt: startedAt,
    era,
    client,
    face: past?.face ?? clientFromHeaders(operation.exchange.request),
    clientLabel: start.clientLabel,
    principal: past === undefined ? principalIn(operation.exchange.request) : past.principal,
    throwAway: client.throwAway,
    resumed: past !== undefined,
    conversation,
    affinity: start.affinity,
    protocolVersion,
    server: past?.server ?? { name: undefined, version: undefined },
    lastAt: at,
    inFlight: 0,
    older: undefined,
    newer: undefined,
    usedBefore: (past?.toolCalls ?? 0) > 0,
    totals: noTotals(),
    toolCalls: 0,
    root,
    segment: {
      number: past?.segment.number ?? 0,
      root: past?.segment.root ?? root,
      operations: 0,
      since: startedAt,
      traces: past?.segment.traces,
    },
    part: past?.part ?? 0,
    elsewhere: undefined,
    seenEvents: undefined,
    discovered: undefined,
    offeredTools: undefined,
    undecidedHandshake: false,
    journey: past?.journey,
  };
}
