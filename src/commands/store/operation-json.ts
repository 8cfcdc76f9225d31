import type { StoredOperation } from '../../store/operation-queries.ts';
import { isoTime } from './filters.ts';
import type { Colour } from '../terminal/out.ts';

export function colourOf({ failed, outcome }: StoredOperation): Colour | undefined {
  if (failed) return 'red';
  return outcome === 'ok' ? undefined : 'yellow';
}

export function operationJson(operation: StoredOperation): Record<string, unknown> {
  const { id: _id, session, startedAt, parentAt, arguments: args, ...rest } = operation;
  return {
    startedAt: isoTime(startedAt),
    ...(session !== undefined && { session: session.id, kind: session.real ? 'session' : 'activity' }),
    ...rest,
    ...(parentAt !== undefined && { parentStartedAt: isoTime(parentAt) }),
    ...(args !== undefined && { arguments: args }),
  };
}
