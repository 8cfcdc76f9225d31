/** Pause between two questions while something happens, and while nothing does. */
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;
/** A store that takes long to answer is asked less often: the pause is this many times the answer's time. */
const PAUSE_PER_ANSWER_TIME = 8;

/** Asks again and again, while somebody sees the page. */
export interface Poll {
  /** Gives up the question that is under way, and asks anew. */
  askNow(): void;
  /** Something happened: the next question comes sooner, or at once. */
  askSoon(atOnce: boolean): void;
}

export function createPoll(ask: (signal: AbortSignal) => Promise<void>): Poll {
  let asking: AbortController | undefined;
  let timer = 0;
  let due = false;
  let pause = MIN_PAUSE_MS;

  const schedule = (milliseconds: number): void => {
    clearTimeout(timer);
    if (!document.hidden) timer = window.setTimeout(() => void run(), milliseconds);
  };
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    asking?.abort();
    const own = new AbortController();
    asking = own;
    due = false;
    const from = performance.now();
    try {
      await ask(own.signal);
    } catch (error) {
      if (own.signal.aborted) return;
      throw error;
    }
    pause = Math.max(MIN_PAUSE_MS, (performance.now() - from) * PAUSE_PER_ANSWER_TIME);
    schedule(due ? pause : Math.max(MAX_PAUSE_MS, pause));
  };
  return {
    askNow: () => void run(),
    askSoon(atOnce) {
      if (due) return;
      due = true;
      schedule(atOnce ? 0 : pause);
    },
  };
}
