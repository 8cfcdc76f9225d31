import type { Timers } from '../../transport/timers.ts';
import { ExchangeReader } from '../../observe/exchanges.ts';
import { createConversationFinder } from '../../session/conversation.ts';
import { Privacy, type Capture } from '../../session/privacy.ts';
import { Tracker } from '../../session/tracker.ts';
import { openStore, type Store } from '../../store/store.ts';
import { SpanChooser } from '../../transport/trace/span-chooser.ts';
import type { Tap } from '../../transport/wire/wire-event.ts';

/** What the store of the hour is like; the rest is as it is without options. */
export interface RecordingOptions {
  /** The file of the store. */
  readonly path: string;
  readonly server: string;
  readonly instance: string;
  readonly timers: Timers;
  /** When nothing will follow any more: milliseconds since the epoch. */
  readonly until: number;
  readonly capture: readonly Capture[];
  readonly hashIds: boolean;
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

const IDLE_SECONDS = 600;
const MAX_SESSIONS = 10_000;
const MEGABYTE_BYTES = 1_048_576;
const SEGMENT_OPERATIONS = 1_000;
const SEGMENT_SECONDS = 3_600;
const SWEEP_EVERY_MS = 5_000;
/** A transaction each second would take longer than all the rest. */
const WRITE_EVERY_MS = 900_000;
/** But what is latest is to stand in the order in which it happened, whichever server it is of. */
const AT_ITS_OWN_PACE_MS = 60_000;
const SILENT_MS = 60_000;

export function startRecording({
  path,
  server,
  instance,
  timers,
  until,
  capture,
  hashIds,
  say,
  onLost,
}: RecordingOptions): Recording {
  const store: Store = openStore({
    path,
    maxBytes: 512 * MEGABYTE_BYTES,
    days: 7,
    server,
    privacy: new Privacy({ capture, hashIds, upstreamPath: '/mcp' }),
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
  const segments = { segmentOperations: SEGMENT_OPERATIONS, segmentSeconds: SEGMENT_SECONDS };
  const tracker = new Tracker({
    server,
    instance,
    traceParent: 'meta',
    ...segments,
    group: ['conversation', 'principal', 'peer'],
    listensOnLoopback: true,
    idleSeconds: IDLE_SECONDS,
    maxSessions: MAX_SESSIONS,
    maxClients: 50,
    maxTools: 200,
    tools: store.remembered.tools,
    emit: (event) => store.take(event),
    onFolded: () => undefined,
    onWithheld: () => onLost(1),
    legs: false,
    surface: true,
    findConversation: createConversationFinder([]),
    capture: { arguments: capture.includes('arguments'), results: capture.includes('results') },
  });
  tracker.book.clients.remember(store.remembered.clients);
  store.ask(() => tracker.book.clients.states());
  const sweep = (): void => {
    tracker.sweep(timers.now());
    timers.after(SWEEP_EVERY_MS, sweep);
  };
  timers.after(SWEEP_EVERY_MS, sweep);
  const reader = new ExchangeReader((observation) => tracker.take(observation), MEGABYTE_BYTES);
  return {
    tap: (event) => reader.take(event),
    chooser: new SpanChooser({
      server,
      instance,
      thread: 0,
      adds: false,
      followsCaller: false,
      sampler: { root: 'always_on', ratio: 1 },
      maxSessions: MAX_SESSIONS,
      ...segments,
    }),
    close() {
      const at = timers.now();
      const { live } = tracker.book;
      // Nobody will be there to find them idle.
      for (const session of live.values()) if (at - session.lastAt >= SILENT_MS) live.end(session, at, 'idle');
      store.close();
    },
  };
}
