import { ExportResultCode, type ExportResult } from '@opentelemetry/core';

export interface WatchOptions {
  /** What is exported, in the plural: `spans`. */
  items: string;
  target: string;
  /** Items that wait to be exported. */
  waiting(): number;
  say(line: string): void;
  onFailed(): void;
  onFailing(): void;
  onRestored(lost: number, late: number): void;
}

/** A queue that overflows while exports succeed is not well again at the next success. */
const STEADY_MILLISECONDS = 10_000;

interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
}

/**
 * Watches an exporter, which retries by itself: says once that its exports fail, and once that they arrive again, with
 * what was lost and what came late.
 */
export function watchExporter<Batch>(
  exporter: Exporter<Batch>,
  sizeOf: (batch: Batch) => number,
  options: WatchOptions,
): ExportWatch {
  const watch = new ExportWatch(options);
  const send = exporter.export.bind(exporter);
  exporter.export = (batch, done) => {
    send(batch, (result) => {
      watch.exported(sizeOf(batch), result);
      done(result);
    });
  };
  return watch;
}

export class ExportWatch {
  readonly #options: WatchOptions;
  #failingSince: number | undefined;
  #lost = 0;
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Items that found no room to wait. */
  dropped(count: number): void {
    this.#lost += count;
    this.#droppedAt = performance.now();
    if (this.#failingSince !== undefined) return;
    this.#options.onFailed();
    this.#fail('they come faster than they can be sent');
  }

  exported(size: number, result: ExportResult): void {
    const { items, target, say, waiting } = this.#options;
    if (result.code !== ExportResultCode.SUCCESS) {
      this.#lost += size;
      this.#options.onFailed();
      if (this.#failingSince === undefined) this.#fail(reasonOf(result.error));
      return;
    }
    if (this.#failingSince === undefined || performance.now() - this.#droppedAt < STEADY_MILLISECONDS) return;
    const seconds = Math.round((performance.now() - this.#failingSince) / 1_000);
    const late = size + waiting();
    say(`${items} reach ${target} again after ${seconds} s: ${this.#lost} lost, ${late} late`);
    this.#options.onRestored(this.#lost, late);
    this.#failingSince = undefined;
    this.#lost = 0;
  }

  /** At the end: what never arrived. */
  finish(): void {
    const lost = this.#lost + (this.#failingSince === undefined ? 0 : this.#options.waiting());
    if (lost > 0) this.#options.say(`${lost} ${this.#options.items} were not delivered to ${this.#options.target}`);
  }

  #fail(reason: string): void {
    this.#failingSince = performance.now();
    this.#options.say(
      `${this.#options.items} cannot be exported to ${this.#options.target}: ${reason}; traffic goes on`,
    );
    this.#options.onFailing();
  }
}

/** One line, without what a server may have answered. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no reason given';
  const code = 'code' in error ? String(error.code) : '';
  const text = error.message.split('\n')[0]?.slice(0, 120) ?? '';
  return [code, text].filter((part) => part !== '').join(' ') || error.name;
}
