import type { ExchangeReader } from '../observe/exchanges.ts';
import type { CutOffRequest } from '../reading/cut-off-words.ts';
import { noticeInWords } from '../reading/notice-words.ts';
import { refusalInWords } from '../reading/refusal-words.ts';
import { Privacy } from '../session/privacy.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import type { Store } from '../store/store.ts';
import type { WireEvent } from '../transport/wire/wire-event.ts';
import type { Exports, ServerSinks } from './exports.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import type { LocalRecord } from './record.ts';
import { originOf, type ObservedServer, type ObserverSettings, type ServerPlace } from './setup.ts';
import { UpstreamWatch } from './upstream-watch.ts';

/** What the servers of an observer share. */
export interface SharedByServers {
  settings: ObserverSettings;
  /** The salt for the ids of derived sessions. */
  instance: string;
  exports: Exports;
  record: LocalRecord | undefined;
  self: SelfCounters;
  /** How many relay threads there are. */
  relays: number;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** Prints a line for people. */
  say(line: string): void;
  /** mcpspan goes down, and waited for a request no longer. */
  onCutOff(request: CutOffRequest): void;
}

/** One server as it is observed: its own sessions, clients, tools and totals. Nothing of it is shared with another one. */
export class OpenServer {
  /** Since when relays send no new exchanges of it; undefined: they do. */
  retiredAt: number | undefined;
  readonly index: number;
  upstream: UpstreamWatch | undefined;
  readonly #pipeline: Pipeline;
  readonly #readers: readonly ExchangeReader[];
  readonly #store: Store | undefined;
  readonly #exports: ServerSinks;
  readonly #say: (line: string) => void;
  #place: ServerPlace;
  /** Exchanges that have begun and not ended. */
  #open = 0;

  /** @param isRecorded it has rows in the record */
  constructor(
    { index, name, place, settings }: ObservedServer,
    { exports, record, self, relays, skew, say, onCutOff, instance, ...shared }: SharedByServers,
    isRecorded = true,
  ) {
    this.index = index;
    const http = place.kind === 'http' ? place : undefined;
    this.#place = place;
    this.#say = say;
    this.upstream = this.#watch();
    const privacy = new Privacy({
      capture: settings.capture,
      hashIds: settings['hash-ids'],
      upstreamPath: http?.path ?? '',
    });
    const store = isRecorded
      ? record?.storeOf({ name, place: () => this.#place, privacy, figures: () => this.upstream?.figures() ?? {} })
      : undefined;
    this.#store = store;
    const { signals } = shared.settings;
    this.#pipeline = createPipeline({
      settings,
      server: name,
      instance,
      listensOnLoopback: http?.listensOnLoopback === true,
      mcpPath: http?.path,
      store,
      surface: signals.metrics !== undefined,
      exportsSpans: signals.traces !== undefined,
      isCollected: place.kind === 'spans',
      skew,
      onFolded: () => self.add('labelsFolded'),
      onWithheld: () => self.add('tracesWithheld'),
    });
    this.#pipeline.add((event) => {
      if (event.kind === 'cut-off') onCutOff(event);
      else if (event.kind === 'notice') say(noticeInWords(event.what, event.detail));
      else if (event.kind === 'refused' && event.isNew) say(refusalInWords(event.status, event.text));
    });
    const { tracker, people } = this.#pipeline;
    const upstream = http?.upstream;
    this.#exports = exports.sinksOf({
      name,
      upstream,
      isCollected: place.kind === 'spans',
      settings,
      tracker,
      people,
      privacy,
      skew,
    });
    for (const sink of this.#exports.sinks) this.#pipeline.add(sink);
    this.#readers = Array.from({ length: relays }, () => this.#pipeline.reader());
  }

  /** Nothing of it is under way. */
  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** @param relay which relay thread it comes from */
  take(event: WireEvent, relay: number): void {
    if (event.kind === 'opened') this.#open++;
    else if (event.kind === 'closed') this.#open--;
    this.#readers[relay]?.take(event);
    this.upstream?.take(event);
  }

  /** The end of an exchange of it was lost. */
  lose(exchange: number, relay: number): void {
    this.#open--;
    this.#readers[relay]?.lose(exchange);
  }

  /** Counts a fault of ours. */
  noteFault(): void {
    this.#pipeline.tracker.note('observer-fault');
  }

  sweep(at: number): void {
    this.#pipeline.tracker.sweep(at);
  }

  /** Ends its sessions, and writes what is pending of it. */
  close(at: number): void {
    this.#pipeline.tracker.shutdown(at);
    this.#store?.close();
  }

  /** It is elsewhere from now on. Its sessions go on. */
  move(place: ServerPlace): void {
    const before = this.#place;
    this.#place = place;
    if (place.kind !== 'http' || before.kind !== 'http') return;
    if (originOf(place.upstream) !== originOf(before.upstream)) {
      this.upstream = this.#watch();
      this.#exports.move(place.upstream);
    }
    this.#store?.announce();
  }

  #watch(): UpstreamWatch | undefined {
    const place = this.#place;
    if (place.kind !== 'http') return undefined;
    return new UpstreamWatch(originOf(place.upstream), this.#say, () => this.#store?.announce());
  }

  /** Reports it no more. At the end of the process this waits for the last report. */
  forget(): void {
    this.#exports.stop();
  }
}
