import type { FailureGroup } from '../store/failure-groups.ts';
import type { StoredOperation } from '../store/operation-queries.ts';

/** `tools/call create_cloze_question`, `resources/read file://host`. */
export function nameOf({ method, target, uri }: Pick<StoredOperation, 'method' | 'target' | 'uri'>): string {
  const about = target ?? uri;
  return about === undefined ? method : `${method} ${about}`;
}

/** How an operation ended; `''`: well. */
export function statusOf({
  outcome,
  code,
  handshake,
  rejected,
}: Pick<StoredOperation, 'outcome' | 'code' | 'handshake' | 'rejected'>): string {
  const wrong = rejected ? 'rejected' : 'error';
  switch (outcome) {
    case 'ok':
      return '';
    case 'tool-error':
      return wrong;
    case 'rpc-error':
      return handshake === 'probe' ? `refused ${code ?? ''}`.trim() : `${wrong} ${code ?? ''}`.trim();
    case 'refused':
      return `HTTP ${code ?? ''}`.trim();
    case 'failed':
      return /^\d{3}$/.test(code ?? '') ? `HTTP ${code}` : (code ?? 'failed').replaceAll('_', ' ');
    default:
      return outcome;
  }
}

/** The same of operations that failed, or were rejected, in one way. */
export const groupNameOf = ({ method, target }: Pick<FailureGroup, 'method' | 'target'>): string =>
  nameOf({ method, target, uri: undefined });
export const groupStatusOf = ({ outcome, code, failed }: Pick<FailureGroup, 'outcome' | 'code' | 'failed'>): string =>
  statusOf({ outcome, code, handshake: undefined, rejected: !failed });

/** How a call repeats others, with the same arguments; `''`: it does not. */
export function repeatOf({ repeat }: Pick<StoredOperation, 'repeat'>): string {
  if (repeat === undefined) return '';
  const { calls, unsuccessful } = repeat;
  return unsuccessful > 0 ? `repeated: ${unsuccessful} in a row without success` : `repeated: ${calls} in a row`;
}

/** The codes of JSON-RPC (JSON-RPC 2.0, 5.1), and those of MCP that have one meaning. */
const CODES: Readonly<Record<string, string>> = {
  '-32700': 'parse error',
  '-32600': 'invalid request',
  '-32601': 'method not found',
  '-32602': 'invalid params',
  '-32603': 'internal error',
  '-32002': 'resource not found',
};

/** The meaning of a code; `''`: the server defines it. */
export const codeName = (code: string | undefined): string => CODES[code ?? ''] ?? '';
