import type { Timers } from '../transport/timers.ts';
import { sentenceOf, troubleOf, type Trouble } from './store-error.ts';

export interface RetryOptions {
  path: string;
  timers: Timers;
  /** Prints a line for people. */
  say(line: string): void;
}

/** The pause between two attempts while the file is locked or the disk is full. It doubles each time. */
const MIN_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** Trouble that comes and goes must not fill a terminal. */
const SILENCE_MS = 600_000;

/** Decides what follows trouble with the file: another attempt after a growing pause, or the end. Says so once. */
export class Retries {
  readonly #options: RetryOptions;
  #off = false;
  #ending = false;
  #failed = 0;
  #nextAt = Number.NEGATIVE_INFINITY;
  #lost = 0;
  #announced = false;
  #saidAt = Number.NEGATIVE_INFINITY;
  #trouble: Trouble | undefined;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** There will be no further attempt. */
  get off(): boolean {
    return this.#off;
  }

  /** The time until the next attempt. */
  get waitMs(): number {
    return Math.max(0, this.#nextAt - this.#options.timers.now());
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

  /** Makes the next attempt the last one: it does not wait, and no message speaks of waiting. */
  beforeLast(): void {
    this.#ending = true;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  lost(operations: number): void {
    this.#lost += operations;
  }

  /** At the end: says what could not be written, unless a message has already said that the store is off. */
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
    this.#nextAt = timers.now() + Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** this.#failed);
    this.#failed++;
    // A single failure only means that another process was writing.
    if (this.#ending || this.#failed < 2 || timers.now() - this.#saidAt < SILENCE_MS) return;
    this.#announced = true;
    this.#saidAt = timers.now();
    say(`the store waits: ${sentenceOf(path, trouble)}; traffic and telemetry go on`);
  }

  #works(): void {
    if (this.#announced) {
      this.#options.say(`the store works again: ${operations(this.#lost)} not in it`);
      this.#lost = 0;
    }
    this.#announced = false;
    this.#failed = 0;
    this.#nextAt = Number.NEGATIVE_INFINITY;
    this.#trouble = undefined;
  }
}

const operations = (number: number): string => (number === 1 ? '1 operation is' : `${number} operations are`);
