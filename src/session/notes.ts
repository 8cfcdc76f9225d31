import type { Message, RequestId } from '../observe/message.ts';
import { textAt } from './era.ts';
import type { Operation } from './operation.ts';
import { idAt } from './start.ts';

const MOST_EVENTS = 64;

/** A server's notification becomes an event on the operation it belongs to, if it can be told; bounded, then counted. */
export function attachNotification(
  waiting: ReadonlyMap<RequestId, Operation>,
  message: Extract<Message, { kind: 'notification' }>,
  at: number,
): void {
  const operation = belongsTo(waiting, message);
  if (operation === undefined) return;
  if (operation.events.length >= MOST_EVENTS) {
    operation.eventsDropped++;
    return;
  }
  operation.events.push({ name: message.method, at, attributes: factsOf(message) });
}

function belongsTo(
  waiting: ReadonlyMap<RequestId, Operation>,
  { method, params }: Extract<Message, { kind: 'notification' }>,
): Operation | undefined {
  if (method === 'notifications/progress') {
    const token = idAt(params, 'progressToken');
    for (const operation of waiting.values())
      if (token !== undefined && operation.progressToken === token) return operation;
  }
  const [only, ...more] = waiting.values();
  return more.length === 0 ? only : undefined;
}

/** Numbers and levels only: the rest is payload. */
function factsOf({ method, params }: Extract<Message, { kind: 'notification' }>): Record<string, string | number> {
  const facts: Record<string, string | number> = {};
  if (method === 'notifications/progress') {
    for (const name of ['progress', 'total'] as const) {
      const value = params[name];
      if (typeof value === 'number') facts[`mcpspan.${name}`] = value;
    }
  }
  const level = textAt(params, 'level');
  if (method === 'notifications/message' && level !== undefined) facts['mcpspan.level'] = level.slice(0, 16);
  return facts;
}
