import type { Answers, NoAnswer, QuestionKind, Written } from '../answers.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';

/** What the page is told, as it was, or why not. */
export type Told<Kind extends QuestionKind> =
  | { ok: true; answer: Answers[Kind]; milliseconds: number }
  | { ok: false; trouble: string };

export async function ask<Kind extends QuestionKind>(
  kind: Kind,
  parameters: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Told<Kind>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  const from = performance.now();
  try {
    const response = await fetch(`/api/${kind}?${query}`, { signal: signal ?? null });
    if (response.status === 401)
      return { ok: false, trouble: 'The token is no longer right: open the page anew with it.' };
    // The server answers each kind with its type.
    const answer = (await response.json()) as Answers[Kind] | NoAnswer;
    if ('trouble' in answer) return { ok: false, trouble: answer.trouble };
    return { ok: true, answer, milliseconds: performance.now() - from };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return { ok: false, trouble: 'mcpspan does not answer: it was stopped, or is being started again.' };
  }
}

/** Kept for the list of what happens. */
const MOST_KEPT = 10_000;

export interface Live {
  /** The latest comes first. */
  readonly operations: readonly StoredOperation[];
  /** Operations that came too fast to be told one by one, since the page was opened. */
  readonly missed: number;
  readonly connected: boolean;
}

/** Follows what is written; `onChange` is told of each change. */
export function follow(onChange: (live: Live, came: number) => void): void {
  let operations: StoredOperation[] = [];
  let missed = 0;
  let connected = false;
  let cursor: number | undefined;
  const tell = (came: number): void => onChange({ operations, missed, connected }, came);
  const source = new EventSource('/api/stream');
  source.addEventListener('open', () => {
    connected = true;
    tell(0);
  });
  source.addEventListener('error', () => {
    connected = false;
    tell(0);
  });
  source.addEventListener('written', (event: MessageEvent<string>) => {
    // Made by the server from this type.
    const written = JSON.parse(event.data) as Written;
    // Between the two nobody told us anything: the connection was gone for longer than the server remembers us.
    if (cursor !== undefined && written.from > cursor) missed += written.from - cursor;
    cursor = written.cursor;
    missed += written.missed;
    operations = [...written.operations.toReversed(), ...operations].slice(0, MOST_KEPT);
    tell(written.operations.length + written.missed);
  });
}
