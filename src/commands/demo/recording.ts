import type { Timers } from '../../transport/timers.ts';
import { createPipeline } from '../../observer/pipeline.ts';
import { Privacy } from '../../session/privacy.ts';
import { DEFAULTS } from '../../settings/command-settings.ts';
import type { Settings } from '../../settings/options.ts';
import { spanChoice } from '../../settings/span-choice.ts';
import { openStore, type Store } from '../../store/store.ts';
import { SpanChooser } from '../../transport/trace/span-chooser.ts';
import type { Tap } from '../../transport/wire/wire-event.ts';

/** What is recorded, and where. */
export interface RecordingOptions {
  /** The file of the store. */
  readonly path: string;
  readonly server: string;
  readonly instance: string;
  readonly timers: Timers;
  /** When the history ends, in milliseconds since the epoch. */
  readonly until: number;
  /** Where they differ from the defaults. */
  readonly settings: Partial<Settings>;
  /** Prints a line for people. */
  say(line: string): void;
  onLost(operations: number): void;
}

/** Observes the traffic to one server and writes the store: everything that an observer thread does, without exports. */
export interface Recording {
  readonly tap: Tap;
  readonly chooser: SpanChooser;
  /** Ends sessions that were silent for a minute, and writes what is pending. Other sessions stay open. */
  close(): void;
}

const MEGABYTE_BYTES = 1_048_576;
const SWEEP_EVERY_MS = 5_000;
/** One transaction per second would take longer than everything else. */
const WRITE_EVERY_MS = 900_000;
/** The last minute is written as often as live traffic, so that its rows are in order across servers. */
const WRITTEN_AS_LIVE_MS = 60_000;
const MIN_SILENCE_MS = 60_000;

export function startRecording({ path, server, instance, timers, until, ...options }: RecordingOptions): Recording {
  const settings = { ...DEFAULTS, ...options.settings };
  const { say, onLost } = options;
  const store: Store = openStore({
    path,
    maxBytes: settings['store-max-mb'] * MEGABYTE_BYTES,
    days: settings['store-days'],
    server,
    privacy: new Privacy({ capture: settings.capture, hashIds: settings['hash-ids'], upstreamPath: '/mcp' }),
    timers: {
      now: timers.now,
      after(wait, run) {
        const untilLastMinuteMs = until - WRITTEN_AS_LIVE_MS - timers.now();
        return timers.after(Math.max(wait, Math.min(untilLastMinuteMs, WRITE_EVERY_MS)), run);
      },
    },
    skew: () => 0,
    say,
    onLost,
  });
  const { tracker, reader } = createPipeline({
    settings,
    server,
    instance,
    listensOnLoopback: true,
    store,
    onFolded: () => undefined,
    onWithheld: () => onLost(1),
  });
  const sweep = (): void => {
    tracker.sweep(timers.now());
    timers.after(SWEEP_EVERY_MS, sweep);
  };
  timers.after(SWEEP_EVERY_MS, sweep);
  const exchanges = reader();
  const sampler = { root: 'always_on', ratio: 1 } as const;
  return {
    tap: (event) => exchanges.take(event),
    chooser: new SpanChooser(spanChoice(settings, { server, instance, thread: 0, adds: false, sampler })),
    close() {
      const at = timers.now();
      // Nothing sweeps after this, so idle sessions are ended here.
      for (const session of tracker.registry.live.values())
        if (at - session.lastAt >= MIN_SILENCE_MS) tracker.end(session, at, 'idle');
      store.close();
    },
  };
}
