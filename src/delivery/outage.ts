import type { DeliveryWatch } from './delivery.ts';
import type { Timers } from '../transport/timers.ts';

export interface OutageOptions {
  /** What is exported, in the plural: `spans`. */
  items: string;
  target: string;
  /** Items that wait to be delivered, here or in the spool. */
  late(): number;
  timers: Timers;
  say(line: string): void;
  /** An attempt failed. */
  onFailed(): void;
  /** Items that will never arrive. */
  onLost(items: number): void;
  onFailing(): void;
  onRestored(lost: number, late: number): void;
}

/**
 * So long all must be well, in milliseconds, before it is said, where trouble came in spite of an answer or soon after
 * the last: what comes and goes shall not fill a terminal.
 */
const STEADY_MS = 10_000;

/** Tells an outage in two lines: when it begins, and when it is over, with what was lost and what comes late. */
export class Outage implements DeliveryWatch {
  readonly #options: OutageOptions;
  #since: number | undefined;
  #said = false;
  /** It is over only when all was well for a while. */
  #flickers = false;
  #troubleAt = Number.NEGATIVE_INFINITY;
  #overAt = Number.NEGATIVE_INFINITY;
  #lost = 0;
  /** All is well since the last trouble; a look later will tell whether it stays so. */
  #cancelLook: (() => void) | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** When the present outage began, in milliseconds since the epoch; undefined: there is none. */
  get since(): number | undefined {
    return this.#since;
  }

  failed(error: Error | undefined): void {
    this.#options.onFailed();
    this.#trouble(reasonOf(error));
  }

  /** @param reason undefined: all is ending, which is no outage */
  lost(items: number, reason: string | undefined): void {
    if (items === 0) return;
    this.#lost += items;
    this.#options.onLost(items);
    if (reason === undefined) return;
    if (this.#since === undefined) this.#flickers = true;
    this.#trouble(reason);
  }

  delivered(items: number): void {
    const { timers, say, late, onRestored, target, items: what } = this.#options;
    if (this.#since === undefined) return;
    const quiet = timers.now() - this.#troubleAt;
    if (this.#flickers && quiet < STEADY_MS) {
      // There may be nothing more to deliver by then.
      this.#cancelLook ??= timers.after(STEADY_MS - quiet, () => {
        this.#cancelLook = undefined;
        this.delivered(0);
      });
      return;
    }
    if (this.#said) {
      const seconds = Math.round((timers.now() - this.#since) / 1_000);
      const tardy = items + late();
      say(`${what} reach ${target} again after ${seconds} s: ${this.#lost} lost, ${tardy} late`);
      onRestored(this.#lost, tardy);
      this.#lost = 0;
      this.#overAt = timers.now();
    }
    this.#since = undefined;
    this.#said = false;
    this.#flickers = false;
  }

  /**
   * At the end.
   * @param kept items that wait in a spool for the next start
   */
  finish(kept: number): void {
    const { say, items, target } = this.#options;
    if (this.#lost > 0) say(`${this.#lost} ${items} were not delivered to ${target}`);
    if (kept > 0) say(`${kept} ${items} wait in the spool for the next start`);
  }

  #trouble(reason: string): void {
    const { timers, say, target, items, onFailing } = this.#options;
    const at = timers.now();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#troubleAt = at;
    if (this.#since === undefined) {
      this.#since = at;
      if (at - this.#overAt < STEADY_MS) this.#flickers = true;
    }
    if (this.#said || (at - this.#overAt < STEADY_MS && at - this.#since < STEADY_MS)) return;
    this.#said = true;
    say(`${items} cannot be exported to ${target}: ${reason}; traffic goes on`);
    onFailing();
  }
}

/** One line, without what a server may have answered. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no reason given';
  const code = 'code' in error ? String(error.code) : '';
  const text = error.message.split('\n')[0]?.slice(0, 120) ?? '';
  const parts = text.startsWith(`${code} `) ? [text] : [code, text];
  return parts.filter((part) => part !== '').join(' ') || error.name;
}
