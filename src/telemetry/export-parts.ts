import { SeverityNumber } from '@opentelemetry/api';
import { getNumberFromEnv } from '@opentelemetry/core';
import type { Signal } from '../settings/signals.ts';
import { now } from '../transport/clock.ts';
import { messageOf } from '../transport/error-text.ts';
import { Delivery } from '../delivery/delivery.ts';
import type { LogEvent } from './logs.ts';
import { Outage } from '../delivery/outage.ts';
import { createSender, type SentSignal } from '../delivery/senders.ts';
import { ATTR, EVENT } from './semconv.ts';
import { openSpool, type OpenSpoolOptions } from '../delivery/open-spool.ts';
import { TIMERS } from '../transport/timers.ts';
import type { Spool } from '../delivery/spool.ts';

export interface ExportOptions {
  say(line: string): void;
  onExportFailed(): void;
  onLost(signal: SentSignal | 'metrics', items: number): void;
  /** Where exports that start or stop failing are logged. */
  log(): LogEvent | undefined;
}

const FULL = 'the spool is full';
const LEFT_OVER = 'what an earlier run left was damaged, or too large for the spool';

/** The parts that all exports share: the spool, the reports of trouble, and the work to finish at the end. */
export class ExportParts {
  readonly spool: Spool | undefined;
  readonly #options: ExportOptions;
  readonly #gatherers: (() => Promise<void>)[] = [];
  readonly #senders: (() => Promise<void>)[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly #outages = new Map<SentSignal | 'metrics', Outage>();
  /** Items of an earlier process, found damaged or beyond the spool's limit before anybody could be told. */
  readonly #lostBefore = new Map<SentSignal, number>();
  #ending = false;

  /** @param spool where undelivered batches wait; undefined: they are lost */
  constructor(options: ExportOptions, spool: Pick<OpenSpoolOptions, 'where' | 'maxBytes'> | undefined) {
    this.#options = options;
    if (spool === undefined) return;
    this.spool = openSpool({ ...spool, onDropped: (signal, items) => this.#dropped(signal, items), say: options.say });
  }

  /** Adds a first step for the end, which hands what was gathered to its delivery. */
  gather(gather: () => Promise<void>): void {
    this.#gatherers.push(gather);
  }

  /** Adds a last send for the end, which runs beside the deliveries. For exporters that send by themselves. */
  send(send: () => Promise<void>): void {
    this.#senders.push(send);
  }

  /** @param late counts the items that wait outside the spool */
  outage(items: SentSignal | 'metrics', { target }: Signal, late: () => number): Outage {
    const { say, onExportFailed, onLost, log } = this.#options;
    const outage = new Outage({
      items,
      target,
      late,
      timers: TIMERS,
      say,
      onFailed: onExportFailed,
      onLost: (lost) => onLost(items, lost),
      onFailing: () => log()?.(EVENT.exportFailing, { [ATTR.signal]: items }, SeverityNumber.WARN),
      onRestored: () => log()?.(EVENT.exportRestored, { [ATTR.signal]: items }),
    });
    this.#outages.set(items, outage);
    if (items !== 'metrics') outage.lost(this.#lostBefore.get(items) ?? 0, LEFT_OVER);
    return outage;
  }

  /** Signals that do not reach their endpoint now, and since when, in milliseconds since the epoch. */
  failing(): Readonly<Record<string, number>> {
    const since = [...this.#outages].map(([items, outage]): [string, number | undefined] => [items, outage.since]);
    return Object.fromEntries(since.filter((one): one is [string, number] => one[1] !== undefined));
  }

  /**
   * Creates the delivery of a signal's batches to its OTLP endpoint.
   * @param maxItems how many items may wait outside the spool
   */
  async delivery(
    signal: SentSignal,
    of: Signal,
    limits: { maxItems: number; longest: number | undefined },
  ): Promise<Delivery> {
    const { protocol } = of;
    const delivery: Delivery = new Delivery({
      signal,
      protocol,
      sender: await createSender(signal, protocol, limits.longest),
      spool: this.spool,
      watch: this.outage(signal, of, () => delivery.waiting + (this.spool?.items(signal) ?? 0)),
      maxItems: limits.maxItems,
    });
    this.#deliveries.push(delivery);
    return delivery;
  }

  /** Flushes within the given time. Failures are counted and reported, never thrown. */
  async end(milliseconds: number): Promise<void> {
    const until = now() + milliseconds;
    this.#ending = true;
    await this.#settled(this.#gatherers.map((gather) => gather()));
    const left = Math.max(0, until - now());
    const ending = [
      ...this.#deliveries.map((delivery) => delivery.shutdown(left)),
      ...this.#senders.map((send) => within(left, send())),
    ];
    await this.#settled(ending);
    this.spool?.close();
    for (const [items, outage] of this.#outages)
      outage.finish(items === 'metrics' || this.spool?.durable !== true ? 0 : this.spool.items(items));
  }

  #dropped(signal: SentSignal, items: number): void {
    const outage = this.#outages.get(signal);
    if (outage === undefined) this.#lostBefore.set(signal, (this.#lostBefore.get(signal) ?? 0) + items);
    else outage.lost(items, this.#ending ? undefined : FULL);
  }

  async #settled(work: readonly Promise<void>[]): Promise<void> {
    for (const result of await Promise.allSettled(work)) {
      if (result.status === 'fulfilled') continue;
      const { say, onExportFailed } = this.#options;
      onExportFailed();
      say(`telemetry was not flushed: ${messageOf(result.reason)}`);
    }
  }
}

function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = TIMERS.after(milliseconds, () => late.reject(new Error('no time was left for metrics')));
  return Promise.race([work, late.promise]).finally(cancel);
}

/** The value of an `OTEL_*` variable, if it is a number above zero. */
export function positive(variable: string): number | undefined {
  const value = getNumberFromEnv(variable);
  return value !== undefined && value > 0 ? value : undefined;
}
