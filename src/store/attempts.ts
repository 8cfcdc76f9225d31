import type { Timers } from '../transport/timers.ts';
import { sentenceOf, troubleOf, type Trouble } from './trouble.ts';

export interface AttemptsOptions {
  path: string;
  timers: Timers;
  /** A line for people. */
  say(line: string): void;
}

/** Between attempts, while the file is locked or the disk full, in milliseconds. */
const MIN_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** What comes and goes shall not fill a terminal. */
const SILENCE_MS = 600_000;

/** What is done about trouble with the file: it is waited for, longer and longer, or it is the end. Said once. */
export class Attempts {
  readonly #options: AttemptsOptions;
  #off = false;
  #ending = false;
  #failed = 0;
  #again = Number.NEGATIVE_INFINITY;
  #lost = 0;
  #told: 'nothing' | 'trouble' = 'nothing';
  #saidAt = Number.NEGATIVE_INFINITY;
  #trouble: Trouble | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** Nothing is tried any more. */
  get off(): boolean {
    return this.#off;
  }

  /** How long until the next attempt, in milliseconds. */
  get wait(): number {
    return Math.max(0, this.#again - this.#options.timers.now());
  }

  /** Returns whether it worked. */
  run(act: () => void): boolean {
    try {
      act();
    } catch (error) {
      this.#failedWith(troubleOf(error));
      return false;
    }
    this.#works();
    return true;
  }

  /** The next attempt is the last one: it does not wait, and nothing is said of waiting. */
  beforeLast(): void {
    this.#ending = true;
    this.#again = Number.NEGATIVE_INFINITY;
  }

  lost(operations: number): void {
    this.#lost += operations;
  }

  /** At the end: what could not be written is said, if nobody knows yet that there is no store. */
  end(): void {
    const { path, say } = this.#options;
    if (this.#trouble !== undefined && !this.#trouble.lasting && this.#lost > 0)
      say(`${operations(this.#lost)} not in the store: ${sentenceOf(path, this.#trouble)}`);
    this.#off = true;
  }

  #failedWith(trouble: Trouble): void {
    const { path, timers, say } = this.#options;
    this.#trouble = trouble;
    if (trouble.lasting) {
      this.#off = true;
      say(`the store is off: ${sentenceOf(path, trouble)}; traffic and telemetry go on`);
      return;
    }
    this.#again = timers.now() + Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** this.#failed);
    this.#failed++;
    // Once is a moment in which another process wrote.
    if (this.#ending || this.#failed < 2 || timers.now() - this.#saidAt < SILENCE_MS) return;
    this.#told = 'trouble';
    this.#saidAt = timers.now();
    say(`the store waits: ${sentenceOf(path, trouble)}; traffic and telemetry go on`);
  }

  #works(): void {
    if (this.#told === 'trouble') {
      this.#options.say(`the store works again: ${operations(this.#lost)} not in it`);
      this.#lost = 0;
    }
    this.#told = 'nothing';
    this.#failed = 0;
    this.#again = Number.NEGATIVE_INFINITY;
    this.#trouble = undefined;
  }
}

const operations = (number: number): string => (number === 1 ? '1 operation is' : `${number} operations are`);
