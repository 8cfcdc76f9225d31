import type { Answers, NoAnswer, QuestionKind, Written } from '../answers.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';

/** What the page is told, as it was, or why not. */
export type Told<Kind extends QuestionKind> = { ok: true; answer: Answers[Kind] } | { ok: false; trouble: string };

export async function ask<Kind extends QuestionKind>(
  kind: Kind,
  parameters: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Told<Kind>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  try {
    const response = await fetch(`/api/${kind}?${query}`, { signal: signal ?? null });
    if (response.status === 401)
      return { ok: false, trouble: 'The token is no longer right: open the page anew with it.' };
    // The server answers each kind with its type.
    const answer = (await response.json()) as Answers[Kind] | NoAnswer;
    if ('trouble' in answer) return { ok: false, trouble: answer.trouble };
    return { ok: true, answer };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return { ok: false, trouble: 'mcpspan does not answer: it was stopped, or is being started again.' };
  }
}

/** Kept for the list of what happens, whatever the filter. */
const MAX_KEPT = 500;

export interface Live {
  /** The latest comes first. */
  readonly operations: readonly StoredOperation[];
  /** Operations that came too fast to be told one by one, since the page was opened. */
  readonly missed: number;
  readonly connected: boolean;
}

/** After a stream was refused: too many follow, or the token changed. In milliseconds. */
const RETRY_MS = 5_000;

/**
 * Follows what is written; `onChange` is told of each change. A page that nobody sees follows nothing: a browser opens six
 * connections to a host, for all of its tabs.
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
    const written = JSON.parse(event.data) as Written;
    if (cursor !== undefined && written.cursor < cursor) {
      // Another record: its operations are numbered anew.
      operations = [];
      missed = 0;
    } else if (cursor !== undefined && written.from > cursor) {
      // Between the two nobody told us anything: we were away for longer than the server remembers us.
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
      // It tries again by itself, unless it was refused.
      if (opened.readyState === EventSource.CLOSED && source === opened) again = window.setTimeout(open, RETRY_MS);
    });
    opened.addEventListener('written', take);
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
}
