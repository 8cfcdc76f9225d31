import type { Message } from '../observe/message.ts';
import { OTHER } from './client.ts';
import { KNOWN_METHODS } from './methods.ts';
import type { Operation, OperationEvent } from './operation.ts';

const MAX_EVENTS = 64;
const LEVELS: ReadonlySet<string> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

/** Adds a server's notification as an event to the operation it belongs to. Events beyond a bound are only counted. */
export function attachNotification(
  operation: Operation | undefined,
  message: Extract<Message, { kind: 'notification' }>,
  at: number,
): void {
  if (operation === undefined) return;
  if (operation.events.length >= MAX_EVENTS) {
    operation.eventsDropped++;
    return;
  }
  operation.events.push({
    name: KNOWN_METHODS.has(message.method) ? message.method : OTHER,
    at,
    facts: factsOf(message),
  });
}

/** Keeps numbers and levels only, because the rest is payload. */
function factsOf({ method, params }: Extract<Message, { kind: 'notification' }>): OperationEvent['facts'] {
  const facts: OperationEvent['facts'] = {};
  const { progress, total, level } = params;
  if (method === 'notifications/progress') {
    if (typeof progress === 'number') facts.progress = progress;
    if (typeof total === 'number') facts.total = total;
  }
  if (method === 'notifications/message' && typeof level === 'string' && LEVELS.has(level)) facts.level = level;
  return facts;
}
