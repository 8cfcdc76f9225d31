import type { StoredOperation } from '../store/operation-queries.ts';

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
