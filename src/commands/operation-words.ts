import type { StoredOperation } from '../store/operation-queries.ts';
import { isoTime } from './filters.ts';
import type { Colour } from './table.ts';

/** `tools/call create_cloze_question`, `resources/read file://host`. */
export function nameOf({ method, target, uri }: StoredOperation): string {
  const about = target ?? uri;
  return about === undefined ? method : `${method} ${about}`;
}

/** How it went; `''`: well. */
export function statusOf({
  outcome,
  code,
  handshake,
}: Pick<StoredOperation, 'outcome' | 'code' | 'handshake'>): string {
  switch (outcome) {
    case 'ok':
      return '';
    case 'tool-error':
      return 'error';
    case 'rpc-error':
      return handshake === 'probe' ? `refused ${code ?? ''}`.trim() : `error ${code ?? ''}`.trim();
    case 'refused':
      return `HTTP ${code ?? ''}`.trim();
    case 'failed':
      return /^\d{3}$/.test(code ?? '') ? `HTTP ${code}` : (code ?? 'failed').replaceAll('_', ' ');
    default:
      return outcome;
  }
}

export function colourOf({ error, outcome }: StoredOperation): Colour | undefined {
  if (error) return 'red';
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
