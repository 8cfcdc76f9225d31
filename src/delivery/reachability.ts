import type { DeliveryOutcome } from './attempt.ts';
import type { Timers } from '../transport/timers.ts';

export interface ReachabilityOptions {
  timers: Timers;
  /** From 0 to 1. */
  random(): number;
  /** Called when it is time for an attempt, or for another kind of attempt. */
  onDue(): void;
}

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
const JITTER_SHARE = 0.2;
/** So many refusals in a row mean that the endpoint refuses everything, not only one batch. */
const MAX_REFUSALS = 3;

/** Learns from attempts whether an endpoint can be reached. While it cannot, it says when to make the next attempt. */
export class Reachability {
  readonly #options: ReachabilityOptions;
  #up = true;
  #refusals = 0;
  #due = false;
  #wants: 'oldest' | 'live' = 'oldest';
  #pauseMs = MIN_PAUSE_MS;
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
   * Which kind of batch to try with. They take turns, so that one batch that cannot be delivered does not hide that
   * others can. A live batch may come from the middle of a pause until its end.
   */
  get wants(): 'oldest' | 'live' {
    return this.#wants;
  }

  learn(outcome: DeliveryOutcome): void {
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

  /** While down: an attempt failed. */
  tried(kind: 'oldest' | 'live'): void {
    this.#wants = kind === 'live' ? 'oldest' : 'live';
    this.#wait();
  }

  /** The endpoint took more than a single batch, so the next outage starts with a short pause again. */
  settle(): void {
    this.#pauseMs = MIN_PAUSE_MS;
  }

  stop(): void {
    this.#due = false;
    this.#cancel();
  }

  #wait(): void {
    const { timers, random, onDue } = this.#options;
    const pauseMs = this.#pauseMs * (1 - JITTER_SHARE + 2 * JITTER_SHARE * random());
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    this.stop();
    const due = (): void => {
      this.#due = true;
      onDue();
    };
    if (this.#wants === 'oldest') {
      this.#cancel = timers.after(pauseMs, due);
      return;
    }
    this.#cancel = timers.after(pauseMs / 2, () => {
      this.#cancel = timers.after(pauseMs / 2, () => {
        this.#wants = 'oldest';
        onDue();
      });
      due();
    });
  }
}
