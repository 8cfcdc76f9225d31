import type { Timers } from '../../transport/timers.ts';
import { createPipeline } from '../../observer/pipeline.ts';
import { Privacy } from '../../session/privacy.ts';
import { DEFAULTS } from '../../settings/command-settings.ts';
import type { Settings } from '../../settings/options.ts';
import { spanChoice } from '../../settings/span-choice.ts';
import { openStore, type Store } from '../../store/store.ts';
import { SpanChooser } from '../../transport/trace/span-chooser.ts';
import type { Tap } from '../../transport/wire/wire-event.ts';

/** What the store of the hour is like. */
export interface RecordingOptions {
  /** The file of the store. */
  readonly path: string;
  readonly server: string;
  readonly instance: string;
  readonly timers: Timers;
  /** When nothing will follow any more: milliseconds since the epoch. */
  readonly until: number;
  /** Others than the defaults. */
  readonly settings: Partial<Settings>;
  /** A line for people. */
  say(line: string): void;
  onLost(operations: number): void;
}

/** What observes the traffic to one server, up to the store: all of an observer thread but its exports. */
export interface Recording {
  readonly tap: Tap;
  readonly chooser: SpanChooser;
  /** Ends what was silent for a minute, and writes what is left. What spoke since then is left as it is. */
  close(): void;
}

const MEGABYTE_BYTES = 1_048_576;
const SWEEP_EVERY_MS = 5_000;
/** A transaction each second would take longer than all the rest. */
const WRITE_EVERY_MS = 900_000;
/** But what is latest is to stand in the order in which it happened, whichever server it is of. */
const AT_ITS_OWN_PACE_MS = 60_000;
const SILENT_MS = 60_000;

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
        const early = until - AT_ITS_OWN_PACE_MS - timers.now();
        return timers.after(Math.max(wait, Math.min(early, WRITE_EVERY_MS)), run);
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
      // Nobody will be there to find them idle.
      for (const session of tracker.registry.live.values())
        if (at - session.lastAt >= SILENT_MS) tracker.end(session, at, 'idle');
      store.close();
    },
  };
}
