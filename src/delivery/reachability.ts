import type { Outcome } from './attempt.ts';
import type { Timers } from '../transport/timers.ts';

export interface ReachabilityOptions {
  timers: Timers;
  /** From 0 to 1. */
  random(): number;
  /** It is time for an attempt, or for another kind of attempt. */
  onDue(): void;
}

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
const JITTER_SHARE = 0.2;
/** So many in a row: the endpoint refuses, not one batch. */
const MAX_REFUSALS = 3;

/** Whether an endpoint can be reached, learned from attempts; and while it can't, when to make the next one. */
export class Reachability {
  readonly #options: ReachabilityOptions;
  #up = true;
  #refusals = 0;
  #due = false;
  #wants: 'oldest' | 'live' = 'oldest';
  #pause = MIN_PAUSE_MS;
  #cancel: () => void = () => {};

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#up;
  }

  /** While down: it is time to try. */
  get due(): boolean {
    return this.#due;
  }

  /**
   * What to try with: by turns, so that one batch that can't be delivered does not hide that others can. A live one is
   * waited for from the middle of a pause to its end.
   */
  get wants(): 'oldest' | 'live' {
    return this.#wants;
  }

  learn(outcome: Outcome): void {
    if (outcome === 'taken') {
      this.#refusals = 0;
      this.#up = true;
      this.stop();
    } else if (this.#up && (outcome === 'unreachable' || ++this.#refusals >= MAX_REFUSALS)) {
      this.#up = false;
      this.#wants = 'oldest';
      this.#wait();
    }
  }

  /** While down, an attempt was made in vain. */
  tried(kind: 'oldest' | 'live'): void {
    this.#wants = kind === 'live' ? 'oldest' : 'live';
    this.#wait();
  }

  /** More than a single batch was taken: the next outage starts with a short pause again. */
  settle(): void {
    this.#pause = MIN_PAUSE_MS;
  }

  stop(): void {
    this.#due = false;
    this.#cancel();
  }

  #wait(): void {
    const { timers, random, onDue } = this.#options;
    const pause = this.#pause * (1 - JITTER_SHARE + 2 * JITTER_SHARE * random());
    this.#pause = Math.min(this.#pause * 2, MAX_PAUSE_MS);
    this.stop();
    const due = (): void => {
      this.#due = true;
      onDue();
    };
    if (this.#wants === 'oldest') {
      this.#cancel = timers.after(pause, due);
      return;
    }
    this.#cancel = timers.after(pause / 2, () => {
      this.#cancel = timers.after(pause / 2, () => {
        this.#wants = 'oldest';
        onDue();
      });
      due();
    });
  }
}
