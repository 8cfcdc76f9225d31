import { isModernRevision } from '../session/methods.ts';
import type { Failure } from './dialects/dialect.ts';
import type { SpanOperation } from './mcp-span.ts';

/**
 * What the spans of one call say together.
 * @param all the one that stands for the call, then those inside it, then those around it, the nearest first
 * @param notAround how many of them are not around it
 */
export function mergedOperation(all: readonly SpanOperation[], notAround: number): SpanOperation {
  const servers = all.filter(({ role }) => role === 'server');
  const clients = all.filter(({ role }) => role === 'client');
  // The first knows best whose call it is. Inside it, a client is a proxy that asks its server.
  const told = all.filter(({ role }, at) => at === 0 || at >= notAround || role === 'server');
  const operation: SpanOperation = Object.assign({}, ...told.toReversed());
  return {
    ...withoutOutcome(operation),
    ...sessionOf(told),
    ...(servers.length > 0 ? outcomeOf(servers, clients) : outcomeOf(clients, [])),
    tellsHandshakes: all.some(({ tellsHandshakes }) => tellsHandshakes),
  };
}

function withoutOutcome(operation: SpanOperation): SpanOperation {
  const { failed: _, cancelled: __, sessionId: ___, ownSessionId: ____, ...rest } = operation;
  return rest;
}

/** An id that others know is better than one of an emitter's own. None, if one of them says that there are no sessions. */
function sessionOf(told: readonly SpanOperation[]): Pick<SpanOperation, 'sessionId' | 'ownSessionId'> {
  if (told.some(({ protocolVersion }) => protocolVersion !== undefined && isModernRevision(protocolVersion))) return {};
  const known = told.filter(({ sessionId }) => sessionId !== undefined);
  const { sessionId, ownSessionId } = known.find((one) => one.ownSessionId !== true) ?? known[0] ?? {};
  return { ...(sessionId !== undefined && { sessionId }), ...(ownSessionId === true && { ownSessionId }) };
}

/** Codes by which SDKs tell their own programs that a connection closed or an answer did not come in time. */
const OWN_CODES: ReadonlySet<string> = new Set(['-32000', '-32001']);

/**
 * How it ended is what the servers say, the one that says most. Many know no more than that they answered: then a client that
 * was told of an error by the answer knows better. Its other failures are its own.
 */
function outcomeOf(
  told: readonly SpanOperation[],
  clients: readonly SpanOperation[],
): Pick<SpanOperation, 'failed' | 'cancelled'> {
  if (told.some(({ cancelled }) => cancelled === true)) return { cancelled: true };
  const failures = told.flatMap(({ failed }) => failed ?? []);
  const answered = clients.flatMap(({ failed }) => failed ?? []).filter(({ code = '' }) => !OWN_CODES.has(code));
  const failed = failures.find(wasAnswered) ?? answered.find(wasAnswered) ?? failures[0];
  return failed === undefined ? {} : { failed };
}

const wasAnswered = ({ kind }: Failure): boolean => kind === 'tool' || kind === 'rpc';
