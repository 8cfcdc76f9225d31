import type { DeliveredBacklog } from './backlog.ts';
import type { DeliveryWatch } from './delivery.ts';
import type { Timers } from '../transport/timers.ts';

export interface OutageOptions {
  /** The name of what is exported, in the plural: `spans`. */
  items: string;
  target: string;
  /** The number of items that wait to be delivered, in memory or in the spool. */
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
 * How long exports must succeed before the end of an outage is announced, if the trouble came although the endpoint
 * answered, or soon after the last outage. An endpoint that comes and goes must not fill a terminal.
 */
const STEADY_MS = 10_000;

/**
 * Announces an outage in two lines: one when it begins, and one when it is over, with what was lost and what is late.
 */
export class Outage implements DeliveryWatch {
  readonly #options: OutageOptions;
  #since: number | undefined;
  #said = false;
  /** The outage is over only when exports have succeeded for a while. */
  #unsteady = false;
  #troubleAt = Number.NEGATIVE_INFINITY;
  #overAt = Number.NEGATIVE_INFINITY;
  #lost = 0;
  /** Exports succeed since the last trouble; a later check decides whether the outage is over. */
  #cancelCheck: (() => void) | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** When the current outage began, in milliseconds since the epoch; undefined: there is none. */
  get since(): number | undefined {
    return this.#since;
  }

  failed(error: Error | undefined): void {
    this.#options.onFailed();
    this.#trouble(reasonOf(error));
  }

  /** @param reason undefined: the process is ending, which is no outage */
  lost(items: number, reason: string | undefined): void {
    if (items === 0) return;
    this.#lost += items;
    this.#options.onLost(items);
    if (reason === undefined) return;
    if (this.#since === undefined) this.#unsteady = true;
    this.#trouble(reason);
  }

  delivered(items: number): void {
    const { timers, say, late, onRestored, target, items: what } = this.#options;
    if (this.#since === undefined) return;
    const quietMs = timers.now() - this.#troubleAt;
    if (this.#unsteady && quietMs < STEADY_MS) {
      // There may be nothing to deliver by then, so a timer checks.
      this.#cancelCheck ??= timers.after(STEADY_MS - quietMs, () => {
        this.#cancelCheck = undefined;
        this.delivered(0);
      });
      return;
    }
    if (this.#said) {
      const seconds = Math.round((timers.now() - this.#since) / 1_000);
      const lateItems = items + late();
      say(`${what} reach ${target} again after ${seconds} s: ${this.#lost} lost, ${lateItems} late`);
      onRestored(this.#lost, lateItems);
      this.#lost = 0;
      this.#overAt = timers.now();
    }
    this.#since = undefined;
    this.#said = false;
    this.#unsteady = false;
  }

  caughtUp({ batches, items, since }: DeliveredBacklog): void {
    const { timers, say, target, items: what } = this.#options;
    const seconds = Math.max(0, Math.round((timers.now() - since) / 1_000));
    const inBatches = batches === 1 ? '1 batch' : `${batches} batches`;
    say(
      `what another run left in the spool has reached ${target}: ${items} ${what} in ${inBatches}, up to ${seconds} s old`,
    );
  }

  /**
   * Announces at the end what was not delivered.
   * @param spooled the number of items that wait in a spool for the next start
   */
  finish(spooled: number): void {
    const { say, items, target } = this.#options;
    if (this.#lost > 0) say(`${this.#lost} ${items} were not delivered to ${target}`);
    if (spooled > 0) say(`${spooled} ${items} wait in the spool for the next start`);
  }

  #trouble(reason: string): void {
    const { timers, say, target, items, onFailing } = this.#options;
    const at = timers.now();
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    this.#troubleAt = at;
    if (this.#since === undefined) {
      this.#since = at;
      if (at - this.#overAt < STEADY_MS) this.#unsteady = true;
    }
    if (this.#said || (at - this.#overAt < STEADY_MS && at - this.#since < STEADY_MS)) return;
    this.#said = true;
    say(`${items} cannot be exported to ${target}: ${reason}; traffic goes on`);
    onFailing();
  }
}

/** One line, without the answer that a server may have sent. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no reason given';
  const code = 'code' in error ? String(error.code) : '';
  const text = error.message.split('\n')[0]?.slice(0, 120) ?? '';
  const parts = text.startsWith(`${code} `) ? [text] : [code, text];
  return parts.filter((part) => part !== '').join(' ') || error.name;
}
