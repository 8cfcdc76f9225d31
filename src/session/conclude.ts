import type { Exchange } from '../observe/observation.ts';
import type { SessionBook } from './session-registry.ts';
import { clientFromHeaders } from './client.ts';
import type { EventSink } from './event.ts';
import { headerKey, PROCESS } from './grouping.ts';
import { isSessionGone } from './settle.ts';
import type { Work } from './work.ts';

const REJECTIONS: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/** What the HTTP side of a closed exchange says: a refusal that no message explains, the end of a session. */
export function concludeExchange(
  exchange: Exchange,
  at: number,
  work: Work | undefined,
  book: SessionBook,
  emit: EventSink,
): void {
  const { answer, request } = exchange;
  if (request.pipe) {
    const wrapped = book.live.get(PROCESS.key);
    if (wrapped !== undefined) book.live.end(wrapped, at, 'process-exit');
    return;
  }
  if (answer === undefined) return;
  const { status } = answer;
  const session = request.sessionId === undefined ? undefined : book.live.get(headerKey(request.sessionId));
  const gone = isSessionGone(exchange) && work?.modern !== true;
  const spoke = work?.method !== undefined || request.sessionId !== undefined;
  // The client will send it again, whatever the body says.
  const again = status === 401 || status === 403 || gone;
  if (spoke && (REJECTIONS.has(status) || status >= 500) && (work?.answered !== true || again)) {
    const client = work?.client ?? clientFromHeaders(request);
    const clientLabel = session?.clientLabel ?? book.labels.label(client, false);
    emit({ kind: 'http-rejected', status, method: work?.method, clientLabel });
  }
  if (session === undefined) return;
  if (request.method === 'DELETE' && status < 300) book.live.end(session, at, 'deleted');
  else if (gone) book.live.end(session, at, 'expired');
}
