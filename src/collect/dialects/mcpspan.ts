import { ATTR, SCOPE } from '../../telemetry/semconv.ts';
import type { Dialect } from './dialect.ts';

/**
 * mcpspan itself: a server's span for each operation and, where asked for, a client's span below it for the part of the
 * server. The roots and summaries of sessions, and those of attempts to connect, have no method.
 * Evidence: src/telemetry/spans.ts; spans in test/collect/spans/mcpspan.json.
 */
export const MCPSPAN: Dialect = {
  emitter: 'mcpspan',
  scopes: [SCOPE],
  when: [[ATTR.method]],
  attributes: { serverName: [ATTR.server], calledServer: [ATTR.server] },
  passage: 'through',
  // Where no code says it, it called a tool that the server does not have.
  failures: [[[ATTR.rejected, true], { kind: 'rpc', code: '-32602' }]],
};
