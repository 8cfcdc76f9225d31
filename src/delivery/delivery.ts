import { randomInt } from 'node:crypto';
import { attempt, type Attempt, type BatchSender, type Outcome } from './attempt.ts';
import { Reachability } from './reachability.ts';
import type { Protocol, SentSignal } from './senders.ts';
import type { Batch, Spool } from './spool.ts';
import { TIMERS, type Timers } from '../transport/timers.ts';

export interface DeliveryWatch {
  /** An attempt failed. What becomes of the batch is told apart from this. */
  failed(error: Error | undefined): void;
  /** Items that will never arrive. */
  lost(items: number, reason: string | undefined): void;
  /** Items that arrived; they no longer count as waiting. */
  delivered(items: number): void;
}

export interface DeliveryOptions {
  signal: SentSignal;
  protocol: Protocol;
  sender: BatchSender;
  /** Undefined: what fails is lost. */
  spool: Spool | undefined;
  watch: DeliveryWatch;
  /** Items that may wait for their turn, those in the spool and those on their way aside. */
  maxItems: number;
  timers?: Timers;
  /** From 0 to 1. */
  random?: () => number;
}

interface Live {
  batch: Batch;
  /** It was delivered, is in the spool, or lost. */
  settled: Promise<void>;
  settle(): void;
}

const MAX_IN_FLIGHT = 4;
/** Bytes of live batches that wait for one of those in flight. */
const MAX_WAITING_BYTES = 8 * 1_024 * 1_024;
/** A batch that found no way so often, each time after others did, may be what brings the endpoint down. */
const MAX_STRIKES = 5;
/** How fast the spool is emptied at most, in milliseconds and bytes per millisecond. */
const REPLAY_PAUSE_MS = 50;
const REPLAY_BYTES_PER_MS = 4_096;
/** How often an idle delivery looks into the spool: another process may have left something. */
const LOOK_EVERY_MS = 5_000;

/**
 * Between batches and their endpoint. While it can be reached, live batches are sent at once, and in between what waits
 * in the spool, oldest first and not too fast. While it can't, batches go to the spool without an attempt, except for
 * one now and then to see whether it can be reached again.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #timers: Timers;
  readonly #reachability: Reachability;
  readonly #live: Live[] = [];
  readonly #flying = new Set<Live>();
  #waitingBytes = 0;
  #waitingItems = 0;
  #probing = false;
  #sendingSpooled: Promise<Attempt> | undefined;
  #paused = false;
  #struck: { id: string; times: number } | undefined;
  #ended = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#timers = options.timers ?? TIMERS;
    this.#reachability = new Reachability({
      timers: this.#timers,
      random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
      onDue: () => this.#pump(),
    });
    if (options.spool !== undefined) this.#look();
  }

  /** Items that are on their way or wait for it, those in the spool aside. */
  get waiting(): number {
    return [...this.#flying].reduce((sum, { batch }) => sum + batch.items, this.#waitingItems);
  }

  /** Resolves when the batch was delivered, is in the spool, or lost; never rejects. */
  deliver(batch: Batch): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const live = { batch, settled: promise, settle: resolve };
    const { up, due } = this.#reachability;
    if (this.#ended || (!up && this.#options.spool !== undefined && (!due || this.#probing))) {
      this.#keep(live);
      return promise;
    }
    this.#live.push(live);
    this.#waitingBytes += batch.bytes.byteLength;
    this.#waitingItems += batch.items;
    this.#pump();
    while (this.#waitingBytes > MAX_WAITING_BYTES || this.#waitingItems > this.#options.maxItems)
      this.#keep(this.#next());
    return promise;
  }

  /**
   * Sends what can be sent in time. The rest stays in a spool that lasts; what has none is lost, or dropped by the spool
   * as it closes.
   * @param milliseconds from now
   */
  async shutdown(milliseconds: number): Promise<void> {
    const { spool, sender } = this.#options;
    const end = this.#timers.now() + milliseconds;
    this.#ended = true;
    this.#reachability.stop();
    if (this.#reachability.up || spool?.durable !== true) await this.#before(end, this.#drain());
    while (this.#live.length > 0) this.#keep(this.#next());
    // What is on its way may arrive all the same: better twice than never.
    for (const live of this.#flying) this.#keep(live);
    this.#flying.clear();
    await this.#before(end, sender.shutdown());
  }

  #look(): void {
    this.#timers.after(LOOK_EVERY_MS, () => {
      if (this.#ended) return;
      this.#pump();
      this.#look();
    });
  }

  #pump(): void {
    if (this.#ended) return;
    if (!this.#reachability.up) {
      if (this.#reachability.due) void this.#probe();
      return;
    }
    while (this.#flying.size < MAX_IN_FLIGHT) {
      const live = this.#next();
      if (live === undefined) break;
      void this.#fly(live).then(() => this.#pump());
    }
    if (this.#live.length === 0) void this.#replay();
  }

  #next(): Live | undefined {
    const live = this.#live.shift();
    if (live === undefined) return undefined;
    this.#waitingBytes -= live.batch.bytes.byteLength;
    this.#waitingItems -= live.batch.items;
    return live;
  }

  async #fly(live: Live): Promise<Outcome> {
    this.#flying.add(live);
    const sent = await this.#send(live.batch);
    // Not there: the end came first, and it was kept.
    if (!this.#flying.delete(live)) return sent.outcome;
    if (sent.outcome === 'unreachable' && this.#options.spool !== undefined) this.#keep(live);
    else {
      this.#account(live.batch, sent);
      live.settle();
    }
    this.#learn(sent.outcome);
    return sent.outcome;
  }

  /** Sends the oldest batch of the spool; undefined when there is none, or it is under way. */
  async #sendSpooled(): Promise<Outcome | undefined> {
    const { spool } = this.#options;
    const waiting = this.#sendingSpooled === undefined ? this.#oldest() : undefined;
    if (spool === undefined || waiting === undefined) return undefined;
    this.#sendingSpooled = this.#send(waiting.batch);
    const sent = await this.#sendingSpooled;
    this.#sendingSpooled = undefined;
    if (sent.outcome !== 'unreachable') {
      spool.done(waiting.id);
      this.#account(waiting.batch, sent);
    } else if (this.#reachability.up) this.#strike(waiting);
    this.#learn(sent.outcome);
    return sent.outcome;
  }

  async #replay(): Promise<void> {
    const { spool, signal } = this.#options;
    if (this.#paused || spool === undefined) return;
    const started = this.#timers.now();
    const before = spool.bytes(signal);
    const outcome = await this.#sendSpooled();
    if (outcome === 'taken' || before === 0) this.#reachability.settle();
    if (outcome === undefined) return;
    const pause = Math.max(REPLAY_PAUSE_MS, (before - spool.bytes(signal)) / REPLAY_BYTES_PER_MS);
    this.#paused = true;
    this.#timers.after(Math.max(0, started + pause - this.#timers.now()), () => {
      this.#paused = false;
      this.#pump();
    });
  }

  async #probe(): Promise<void> {
    if (this.#probing) return;
    const live = this.#next();
    if (live === undefined && this.#reachability.wants === 'live') return;
    this.#probing = true;
    const outcome = await (live === undefined ? this.#sendSpooled() : this.#fly(live));
    this.#probing = false;
    // Nothing to try with: the next live batch will do.
    if (outcome === undefined) return;
    if (!this.#reachability.up && !this.#ended) this.#reachability.tried(live === undefined ? 'oldest' : 'live');
    this.#pump();
  }

  /** The oldest in the spool that can be sent: what was written as JSON is no protobuf. */
  #oldest(): { id: string; batch: Batch } | undefined {
    const { spool, signal, protocol, watch } = this.#options;
    for (;;) {
      const waiting = spool?.oldest(signal);
      if (waiting === undefined || isJson(waiting.batch.protocol) === isJson(protocol)) return waiting;
      spool?.done(waiting.id);
      watch.lost(waiting.batch.items, `those that wait were written as ${waiting.batch.protocol}`);
    }
  }

  async #send(batch: Batch): Promise<Attempt> {
    const sent = await attempt(this.#options.sender, batch);
    if (sent.outcome !== 'taken') this.#options.watch.failed(sent.error);
    return sent;
  }

  #account({ items }: Batch, { outcome, rejected }: Attempt): void {
    const { watch } = this.#options;
    if (outcome === 'taken') watch.delivered(items - rejected);
    const lost = outcome === 'taken' ? rejected : items;
    if (lost > 0) watch.lost(lost, 'they were not taken');
  }

  #keep(live: Live | undefined): void {
    if (live === undefined) return;
    const { spool, watch } = this.#options;
    if (spool?.put(live.batch) !== true) watch.lost(live.batch.items, 'they come faster than they can be sent');
    live.settle();
  }

  #strike({ id, batch }: { id: string; batch: Batch }): void {
    this.#struck = { id, times: this.#struck?.id === id ? this.#struck.times + 1 : 1 };
    if (this.#struck.times < MAX_STRIKES) return;
    this.#options.spool?.done(id);
    this.#options.watch.lost(batch.items, 'others arrive, these never do');
  }

  #learn(outcome: Outcome): void {
    if (this.#ended) return;
    this.#reachability.learn(outcome);
    if (this.#options.spool === undefined) {
      if (outcome === 'taken') this.#reachability.settle();
    } else if (!this.#reachability.up) {
      while (this.#live.length > 0) this.#keep(this.#next());
    }
  }

  /** At the end: all that is live, and what is in a spool that ends too, until something does not arrive. */
  async #drain(): Promise<void> {
    let well = true;
    const earlier = [...this.#flying].map(({ settled }) => settled);
    const sendLive = async (): Promise<void> => {
      while (well) {
        const live = this.#next();
        if (live === undefined) return;
        if ((await this.#fly(live)) === 'unreachable') well = false;
      }
    };
    await Promise.all([...earlier, ...Array.from({ length: MAX_IN_FLIGHT }, sendLive)]);
    if (this.#options.spool?.durable !== false) return;
    await this.#sendingSpooled;
    while (well) {
      const outcome = await this.#sendSpooled();
      well = outcome !== undefined && outcome !== 'unreachable';
    }
  }

  async #before(end: number, done: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#timers.after(Math.max(0, end - this.#timers.now()), late.resolve);
    await Promise.race([done, late.promise]);
    cancel();
  }
}

function isJson(protocol: Protocol): boolean {
  return protocol === 'http/json';
}
