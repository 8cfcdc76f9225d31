import { OTHER } from './client.ts';
import { KNOWN_CODES, KNOWN_METHODS, PUBLISHED_REVISIONS } from './methods.ts';
import { faultOf } from './counted.ts';
import type { EndedOperation } from './operation.ts';

export const methodLabel = (method: string): string => (KNOWN_METHODS.has(method) ? method : OTHER);

export const revisionLabel = (revision: string): string => (PUBLISHED_REVISIONS.has(revision) ? revision : OTHER);

export const codeLabel = (code: number): string => (KNOWN_CODES.has(code) ? String(code) : OTHER);

/**
 * The operation's `error.type`; undefined: it did not fail.
 * @param direction whose view counts, as in `faultOf`; by default that of the operation's receiver
 */
export function errorTypeOf(operation: EndedOperation, direction = operation.direction): string | undefined {
  const { outcome, counted } = operation;
  const failed = direction === operation.direction ? counted.failed : faultOf(direction, operation) === 'failed';
  if (!failed) return undefined;
  switch (outcome.kind) {
    case 'ok':
    case 'refused':
      return undefined;
    case 'tool-error':
      return 'tool_error';
    case 'rpc-error':
      return outcome.code === undefined ? OTHER : codeLabel(outcome.code);
    case 'failed':
      return outcome.type;
    case 'cancelled':
    case 'lost':
      return outcome.kind;
  }
}
