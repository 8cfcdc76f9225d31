import type { Answers, NoAnswer, QuestionKind, NewOperations } from '../api.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Answered, Live } from './state.ts';

export async function ask<Kind extends QuestionKind>(
  kind: Kind,
  parameters: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Answered<Kind>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  try {
    const response = await fetch(`/api/${kind}?${query}`, { signal: signal ?? null });
    if (response.status === 401)
      return { ok: false, trouble: 'The token of this page has changed: open the page with the new one.' };
    // The server answers each kind with its type.
    const answer = (await response.json()) as Answers[Kind] | NoAnswer;
    if ('trouble' in answer) return { ok: false, trouble: answer.trouble };
    return { ok: true, answer };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return { ok: false, trouble: 'mcpspan does not answer: it was stopped, or it is restarting.' };
  }
}

/** How many of the latest operations are kept, whatever the filter. */
const MAX_KEPT = 500;

/** Pause after the stream was refused: too many pages follow, or the token changed. */
const RETRY_MS = 5_000;

/**
 * Follows what is written to the store, and calls `onChange` at each change. A hidden page follows nothing: a browser opens
 * only six connections to a host, for all of its tabs.
 */
export function follow(onChange: (live: Live, came: number) => void): void {
  let operations: StoredOperation[] = [];
  let missed = 0;
  let connected = false;
  let cursor: number | undefined;
  let source: EventSource | undefined;
  let again = 0;
  const tell = (came: number): void => onChange({ operations, missed, connected }, came);
  const take = (event: MessageEvent<string>): void => {
    // Made by the server from this type.
    const written = JSON.parse(event.data) as NewOperations;
    if (cursor !== undefined && written.cursor < cursor) {
      // The store is another one: its operations are numbered from 1 again.
      operations = [];
      missed = 0;
    } else if (cursor !== undefined && written.from > cursor) {
      // We were away while these were written.
      missed += written.from - cursor;
    }
    cursor = written.cursor;
    missed += written.missed;
    operations = [...written.operations.toReversed(), ...operations].slice(0, MAX_KEPT);
    tell(written.operations.length + written.missed);
  };
  const close = (): void => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };
  const open = (): void => {
    close();
    const opened = new EventSource(cursor === undefined ? '/api/stream' : `/api/stream?cursor=${cursor}`);
    source = opened;
    opened.addEventListener('open', () => {
      connected = true;
      tell(0);
    });
    opened.addEventListener('error', () => {
      connected = false;
      tell(0);
      // The browser reconnects by itself, unless the server refused the stream.
      if (opened.readyState === EventSource.CLOSED && source === opened) again = window.setTimeout(open, RETRY_MS);
    });
    opened.addEventListener('written', take);
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
}
