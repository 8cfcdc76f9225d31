import type { HttpClass } from '../observe/http-class.ts';
import type { Exchange } from '../observe/observation.ts';
import type { EndReason, Session } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';
import { clientFromHeaders } from './client.ts';
import type { EventSink } from './event.ts';
import { headerKey, PROCESS } from './grouping.ts';
import { isSessionGone } from './settle.ts';
import type { Work } from './work.ts';

const REJECTIONS: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/**
 * Reports what the exchange was about, and a refusal that no message explains. Returns the session that ends together
 * with this exchange, if one does: its process exited, its client deleted it, or the server no longer knows it.
 */
export function concludeExchange(
  exchange: Exchange,
  httpClass: HttpClass,
  work: Work | undefined,
  registry: SessionRegistry,
  emit: EventSink,
): { session: Session; reason: EndReason } | undefined {
  const { answer, request } = exchange;
  if (request.carrier === 'stdio') {
    const wrapped = registry.live.get(PROCESS.key);
    return wrapped === undefined ? undefined : { session: wrapped, reason: 'process-exit' };
  }
  if (answer === undefined) return undefined;
  const { status } = answer;
  emit({ kind: 'http-exchange', httpClass, status });
  const session = request.sessionId === undefined ? undefined : registry.live.get(headerKey(request.sessionId));
  const gone = isSessionGone(exchange) && work?.modern !== true;
  const spoke = work?.method !== undefined || request.sessionId !== undefined;
  // The client will send the request again, whatever the body says.
  const again = status === 401 || status === 403 || gone;
  if (spoke && (REJECTIONS.has(status) || status >= 500) && (work?.answered !== true || again)) {
    const client = work?.client ?? clientFromHeaders(request);
    const clientLabel = session?.clientLabel ?? registry.labels.label(client, false);
    emit({ kind: 'http-rejected', status, method: work?.method, clientLabel });
  }
  if (session === undefined) return undefined;
  if (request.method === 'DELETE' && status < 300) return { session, reason: 'deleted' };
  return gone ? { session, reason: 'expired' } : undefined;
}
