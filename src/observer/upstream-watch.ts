import { UPSTREAM_FAULTS, type UpstreamFault } from '../transport/upstream-fault.ts';
import type { WireEvent } from '../transport/wire/wire-event.ts';

/** This long after an outage no other is reported: an upstream that comes and goes must not fill the terminal. */
const MIN_PAUSE_MS = 10_000;

/**
 * Reports an outage of the upstream in two lines: when it cannot be reached, and when it answers again. A fault that
 * shows only during an outage gets a line of its own.
 */
export class UpstreamWatch {
  readonly #upstream: string;
  readonly #say: (line: string) => void;
  readonly #onChanged: () => void;
  /** When the current outage began; undefined: there is none. */
  #since: number | undefined;
  #reported = false;
  /** What was told of the current outage. */
  readonly #faults = new Set<UpstreamFault>();
  #fault: UpstreamFault | undefined;
  #requests = 0;
  #everReached = false;
  #overAt = Number.NEGATIVE_INFINITY;

  /** @param onChanged called when an outage begins or ends, and when the upstream was reached for the first time */
  constructor(upstream: string, say: (line: string) => void, onChanged: () => void = () => undefined) {
    this.#upstream = upstream;
    this.#say = say;
    this.#onChanged = onChanged;
  }

  take(event: WireEvent): void {
    if (event.kind === 'answered') this.reached(event.at);
    else if (event.kind === 'closed' && (event.reason === 'upstream-unreachable' || event.reason === 'timeout')) {
      this.#requests++;
      this.unreached(event.at, event.fault);
    }
  }

  /**
   * What the store keeps for the page: whether the upstream was ever reached; of the current outage when it began, how
   * many requests it cost, and the place of its fault in `UPSTREAM_FAULTS`, from 1 on.
   */
  figures(): Record<string, number> {
    const reached = this.#everReached ? { upstreamReached: 1 } : {};
    if (this.#since === undefined) return reached;
    const fault = this.#fault === undefined ? {} : { upstreamFault: UPSTREAM_FAULTS.indexOf(this.#fault) + 1 };
    return { ...reached, upstreamFailingSince: this.#since, upstreamRequestsFailed: this.#requests, ...fault };
  }

  /** @param fault undefined: one that has no name */
  unreached(at: number, fault: UpstreamFault | undefined): void {
    const isNew = this.#since === undefined;
    this.#since ??= at;
    this.#fault = fault;
    if (isNew) this.#onChanged();
    const told = this.#reported && (fault === undefined || this.#faults.has(fault));
    if (told || at - this.#overAt < MIN_PAUSE_MS) return;
    this.#reported = true;
    if (fault !== undefined) this.#faults.add(fault);
    const why = fault === undefined ? '' : `: ${fault.what} (${fault.cure})`;
    this.#say(
      `the upstream ${this.#upstream} cannot be reached${why}; requests are answered with 502 or 504 until it can`,
    );
  }

  reached(at: number): void {
    const changed = !this.#everReached || this.#since !== undefined;
    this.#everReached = true;
    if (this.#since !== undefined) this.#over(at, this.#since);
    if (changed) this.#onChanged();
  }

  #over(at: number, since: number): void {
    if (this.#reported) {
      const seconds = Math.max(0, Math.round((at - since) / 1_000));
      const requests = this.#requests === 1 ? '1 request' : `${this.#requests} requests`;
      this.#say(
        this.#requests === 0
          ? `the upstream ${this.#upstream} can be reached now, after ${seconds} s`
          : `the upstream ${this.#upstream} answers again, after ${seconds} s; ${requests} did not reach it`,
      );
      this.#overAt = at;
    }
    this.#since = undefined;
    this.#reported = false;
    this.#faults.clear();
    this.#fault = undefined;
    this.#requests = 0;
  }
}
