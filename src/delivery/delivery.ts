import { randomInt } from 'node:crypto';
import { sendOnce, type Attempt, type BatchSender, type DeliveryOutcome } from './attempt.ts';
import { Backlog, type DeliveredBacklog } from './backlog.ts';
import { Reachability } from './reachability.ts';
import type { Protocol, SentSignal } from './senders.ts';
import type { Batch, Spool, SpooledBatch } from './spool.ts';
import { TIMERS, type Timers } from '../transport/timers.ts';

export interface DeliveryWatch {
  /** An attempt failed. `lost` or `delivered` reports separately what becomes of the batch. */
  failed(error: Error | undefined): void;
  /** Items that will never arrive. */
  lost(items: number, reason: string | undefined): void;
  /** Items that arrived. They no longer count as waiting. */
  delivered(items: number): void;
  /** All that an earlier process left in the spool is gone from there; this much of it arrived. */
  caughtUp(backlog: DeliveredBacklog): void;
}

export interface DeliveryOptions {
  signal: SentSignal;
  protocol: Protocol;
  sender: BatchSender;
  /** Undefined: batches that fail are lost. */
  spool: Spool | undefined;
  watch: DeliveryWatch;
  /** The most items that may wait for their turn; those in the spool and those in flight do not count. */
  maxItems: number;
  timers?: Timers;
  /** From 0 to 1. */
  random?: () => number;
}

interface LiveBatch {
  batch: Batch;
  /** Resolves when the batch was delivered, is in the spool, or is lost. */
  settled: Promise<void>;
  settle(): void;
}

const MAX_IN_FLIGHT = 4;
/** Bytes of live batches that wait until another is no longer in flight. */
const MAX_WAITING_BYTES = 8 * 1_024 * 1_024;
/** A batch that failed so often, each time after others had arrived, may be what brings the endpoint down. */
const MAX_STRIKES = 5;
/** Bounds for the speed at which the spool is emptied. */
const REPLAY_PAUSE_MS = 50;
const REPLAY_BYTES_PER_MS = 4_096;
/** How often an idle delivery checks the spool, where another process may have left something. */
const SPOOL_CHECK_MS = 5_000;

/**
 * Brings batches to their endpoint. While the endpoint can be reached, live batches are sent at once, and spooled
 * batches in between, oldest first and not too fast. While it cannot be reached, batches go to the spool without an
 * attempt; now and then one is sent to find out whether the endpoint can be reached again.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #timers: Timers;
  readonly #reachability: Reachability;
  readonly #live: LiveBatch[] = [];
  readonly #inFlight = new Set<LiveBatch>();
  readonly #backlog: Backlog;
  #waitingBytes = 0;
  #waitingItems = 0;
  #probing = false;
  #sendingSpooled: Promise<Attempt> | undefined;
  #paused = false;
  #strikes: { id: string; times: number } | undefined;
  #ended = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#timers = options.timers ?? TIMERS;
    this.#reachability = new Reachability({
      timers: this.#timers,
      random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
      onDue: () => this.#pump(),
    });
    const { spool, signal, watch } = options;
    this.#backlog = new Backlog(
      () => spool?.startsWithLeftBehind(signal) === true,
      (delivered) => watch.caughtUp(delivered),
    );
    if (spool !== undefined) this.#checkSpoolLater();
  }

  /** Items that are in flight or wait for their turn; those in the spool do not count. */
  get waiting(): number {
    return [...this.#inFlight].reduce((sum, { batch }) => sum + batch.items, this.#waitingItems);
  }

  /** Resolves when the batch was delivered, is in the spool, or is lost; never rejects. */
  deliver(batch: Batch): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const live = { batch, settled: promise, settle: resolve };
    const { up, due } = this.#reachability;
    if (this.#ended || (!up && this.#options.spool !== undefined && (!due || this.#probing))) {
      this.#spoolOrLose(live);
      return promise;
    }
    this.#live.push(live);
    this.#waitingBytes += batch.bytes.byteLength;
    this.#waitingItems += batch.items;
    this.#pump();
    while (this.#waitingBytes > MAX_WAITING_BYTES || this.#waitingItems > this.#options.maxItems)
      this.#spoolOrLose(this.#next());
    return promise;
  }

  /**
   * Sends what can be sent in time. The rest stays in a durable spool. Without a spool the rest is lost; a spool in
   * memory drops it when it closes.
   * @param timeoutMs how long this may take
   */
  async shutdown(timeoutMs: number): Promise<void> {
    const { spool, sender } = this.#options;
    const deadline = this.#timers.now() + timeoutMs;
    this.#ended = true;
    this.#reachability.stop();
    if (this.#reachability.up || spool?.durable !== true) await this.#untilDeadline(deadline, this.#drain());
    while (this.#live.length > 0) this.#spoolOrLose(this.#next());
    // Batches in flight may still arrive: better twice than never.
    for (const live of this.#inFlight) this.#spoolOrLose(live);
    this.#inFlight.clear();
    await this.#untilDeadline(deadline, sender.shutdown());
  }

  #checkSpoolLater(): void {
    this.#timers.after(SPOOL_CHECK_MS, () => {
      if (this.#ended) return;
      this.#pump();
      this.#checkSpoolLater();
    });
  }

  #pump(): void {
    if (this.#ended) return;
    if (!this.#reachability.up) {
      if (this.#reachability.due) void this.#probe();
      return;
    }
    while (this.#inFlight.size < MAX_IN_FLIGHT) {
      const live = this.#next();
      if (live === undefined) break;
      void this.#sendLive(live).then(() => this.#pump());
    }
    if (this.#live.length === 0) void this.#replay();
  }

  #next(): LiveBatch | undefined {
    const live = this.#live.shift();
    if (live === undefined) return undefined;
    this.#waitingBytes -= live.batch.bytes.byteLength;
    this.#waitingItems -= live.batch.items;
    return live;
  }

  async #sendLive(live: LiveBatch): Promise<DeliveryOutcome> {
    this.#inFlight.add(live);
    const sent = await this.#send(live.batch);
    // It is gone: `shutdown` came first and put it into the spool.
    if (!this.#inFlight.delete(live)) return sent.outcome;
    if (sent.outcome === 'unreachable' && this.#options.spool !== undefined) this.#spoolOrLose(live);
    else {
      this.#account(live.batch, sent);
      live.settle();
    }
    this.#learn(sent.outcome);
    return sent.outcome;
  }

  /** Sends the oldest batch of the spool; undefined when there is none, or when it is already in flight. */
  async #sendSpooled(): Promise<DeliveryOutcome | undefined> {
    const { spool } = this.#options;
    const spooled = this.#sendingSpooled === undefined ? this.#oldest() : undefined;
    if (spooled === undefined) this.#backlog.check();
    if (spool === undefined || spooled === undefined) return undefined;
    this.#sendingSpooled = this.#send(spooled.batch);
    const sent = await this.#sendingSpooled;
    this.#sendingSpooled = undefined;
    if (sent.outcome !== 'unreachable') {
      spool.done(spooled.id);
      this.#account(spooled.batch, sent);
      this.#backlog.sent(spooled, sent);
    } else if (this.#reachability.up) this.#strike(spooled);
    this.#learn(sent.outcome);
    return sent.outcome;
  }

  async #replay(): Promise<void> {
    const { spool, signal } = this.#options;
    if (this.#paused || spool === undefined) return;
    const startedAt = this.#timers.now();
    const bytesBefore = spool.bytes(signal);
    const outcome = await this.#sendSpooled();
    if (outcome === 'taken' || bytesBefore === 0) this.#reachability.settle();
    if (outcome === undefined) return;
    const pauseMs = Math.max(REPLAY_PAUSE_MS, (bytesBefore - spool.bytes(signal)) / REPLAY_BYTES_PER_MS);
    this.#paused = true;
    this.#timers.after(Math.max(0, startedAt + pauseMs - this.#timers.now()), () => {
      this.#paused = false;
      this.#pump();
    });
  }

  async #probe(): Promise<void> {
    if (this.#probing) return;
    const live = this.#next();
    if (live === undefined && this.#reachability.wants === 'live') return;
    this.#probing = true;
    const outcome = await (live === undefined ? this.#sendSpooled() : this.#sendLive(live));
    this.#probing = false;
    // There is no batch to try with: the next live batch will serve.
    if (outcome === undefined) return;
    if (!this.#reachability.up && !this.#ended) this.#reachability.tried(live === undefined ? 'oldest' : 'live');
    this.#pump();
  }

  /** The oldest batch in the spool that can be sent. A batch that was written as JSON cannot be sent as protobuf. */
  #oldest(): SpooledBatch | undefined {
    const { spool, signal, protocol, watch } = this.#options;
    for (;;) {
      const spooled = spool?.oldest(signal);
      if (spooled === undefined || isJson(spooled.batch.protocol) === isJson(protocol)) return spooled;
      spool?.done(spooled.id);
      watch.lost(spooled.batch.items, `they were spooled as ${spooled.batch.protocol}`);
    }
  }

  async #send(batch: Batch): Promise<Attempt> {
    const sent = await sendOnce(this.#options.sender, batch);
    if (sent.outcome !== 'taken') this.#options.watch.failed(sent.error);
    return sent;
  }

  #account({ items }: Batch, { outcome, rejected }: Attempt): void {
    const { watch } = this.#options;
    if (outcome === 'taken') watch.delivered(items - rejected);
    const lost = outcome === 'taken' ? rejected : items;
    if (lost > 0) watch.lost(lost, 'they were not taken');
  }

  #spoolOrLose(live: LiveBatch | undefined): void {
    if (live === undefined) return;
    const { spool, watch } = this.#options;
    if (spool?.put(live.batch) !== true) watch.lost(live.batch.items, 'they come faster than they can be sent');
    live.settle();
  }

  #strike({ id, batch }: { id: string; batch: Batch }): void {
    this.#strikes = { id, times: this.#strikes?.id === id ? this.#strikes.times + 1 : 1 };
    if (this.#strikes.times < MAX_STRIKES) return;
    this.#options.spool?.done(id);
    this.#options.watch.lost(batch.items, 'others arrive, these never do');
  }

  #learn(outcome: DeliveryOutcome): void {
    if (this.#ended) return;
    this.#reachability.learn(outcome);
    if (this.#options.spool === undefined) {
      if (outcome === 'taken') this.#reachability.settle();
    } else if (!this.#reachability.up) {
      while (this.#live.length > 0) this.#spoolOrLose(this.#next());
    }
  }

  /** At the end: sends all live batches, and those of a spool in memory, until one does not arrive. */
  async #drain(): Promise<void> {
    let allArrive = true;
    const earlier = [...this.#inFlight].map(({ settled }) => settled);
    const sendLive = async (): Promise<void> => {
      while (allArrive) {
        const live = this.#next();
        if (live === undefined) return;
        if ((await this.#sendLive(live)) === 'unreachable') allArrive = false;
      }
    };
    await Promise.all([...earlier, ...Array.from({ length: MAX_IN_FLIGHT }, sendLive)]);
    if (this.#options.spool?.durable !== false) return;
    await this.#sendingSpooled;
    while (allArrive) {
      const outcome = await this.#sendSpooled();
      allArrive = outcome !== undefined && outcome !== 'unreachable';
    }
  }

  async #untilDeadline(deadline: number, done: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#timers.after(Math.max(0, deadline - this.#timers.now()), late.resolve);
    await Promise.race([done, late.promise]);
    cancel();
  }
}

function isJson(protocol: Protocol): boolean {
  return protocol === 'http/json';
}
