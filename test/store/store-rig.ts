import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { TIMERS, type Timers } from '../../src/transport/timers.ts';
import { Privacy, type PrivacyOptions } from '../../src/session/privacy.ts';
import { openReader, type StoreReader } from '../../src/store/reader.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { manualClock } from '../support/clock.ts';
import type { SessionEvent } from '../../src/session/event.ts';
import { SERVER, startConversation, type Conversation, type ConversationOptions } from '../support/conversation.ts';

export interface TemporaryFolder extends Disposable {
  path: string;
  /** A path in it. */
  in(name: string): string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'mcpspan-store-'));
  return {
    path,
    in: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Timers of a clock that is driven by hand: what is due happens when `run` is called. */
export interface TimersByHand extends Timers {
  /** Runs what is due. */
  run(): void;
  /** How much waits. */
  waiting(): number;
}

export function timersByHand(now: () => number): TimersByHand {
  let waiting: { at: number; run: () => void }[] = [];
  return {
    now,
    after(milliseconds, run) {
      const timer = { at: now() + milliseconds, run };
      waiting.push(timer);
      return () => {
        waiting = waiting.filter((other) => other !== timer);
      };
    },
    run() {
      const due = waiting.filter(({ at }) => at <= now());
      waiting = waiting.filter(({ at }) => at > now());
      for (const timer of due) timer.run();
    },
    waiting: () => waiting.length,
  };
}

export interface RigOptions extends ConversationOptions {
  privacy?: Partial<PrivacyOptions>;
  store?: Partial<StoreOptions>;
  /** What is to happen later happens by itself, though the clock stands still. */
  byItself?: boolean;
  /** The conversation goes on with what the file knows of clients, tools and people. */
  remembers?: boolean;
}

/** A conversation whose events are stored in a real file. */
export interface Rig extends Disposable {
  talk: Conversation;
  store: Store;
  path: string;
  timers: TimersByHand;
  said: string[];
  lost(): number;
  /** Lets time pass, and what is due happen. */
  pass(milliseconds: number): void;
  /** Writes what waits, and asks. */
  read<Answer>(ask: (reader: StoreReader) => Answer): Answer;
  /** Rows of the file itself. */
  rows(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[];
}

export function startRig(
  path: string,
  { privacy = {}, store: own = {}, byItself = false, remembers = false, ...options }: RigOptions = {},
): Rig {
  const said: string[] = [];
  let lost = 0;
  const clock = manualClock();
  const timers = timersByHand(() => clock.now());
  const opened = openStore({
    path,
    maxBytes: 2 ** 29,
    days: 7,
    server: SERVER,
    privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp', ...privacy }),
    timers: byItself ? { now: timers.now, after: TIMERS.after } : timers,
    skew: () => 0,
    say: (line) => void said.push(line),
    onLost: (operations) => {
      lost += operations;
    },
    ...own,
  });
  const talk = startConversation({
    surface: true,
    clock,
    ...options,
    record: remembers ? opened : undefined,
    sinks: [...(remembers ? [] : [(event: SessionEvent) => opened.take(event)]), ...(options.sinks ?? [])],
  });
  if (!remembers) {
    opened.ask({
      clients: () => talk.tracker.registry.clients.states(),
      toolLists: () => talk.tracker.tools?.lists() ?? [],
    });
    talk.tracker.tools?.remember(opened.remembered.offered);
  }
  return {
    talk,
    store: opened,
    path,
    timers,
    said,
    lost: () => lost,
    pass(milliseconds) {
      talk.clock.advance(milliseconds);
      timers.run();
    },
    read(ask) {
      opened.flush();
      using reader = readerOf(path, () => talk.clock.now());
      return ask(reader);
    },
    rows: (sql, ...values) => rowsOf(path, sql, ...values),
    [Symbol.dispose]: () => opened.close(),
  };
}

/** A store of its own, for as long as it takes. */
export function withRig(act: (rig: Rig) => void, options: RigOptions = {}): void {
  using folder = temporaryFolder();
  using rig = startRig(folder.in('store.db'), options);
  act(rig);
}

/** @throws when the store cannot be read */
export function readerOf(path: string, now: () => number = Date.now): StoreReader {
  const opened = openReader(path, now);
  if (opened.kind === 'trouble') throw new Error(opened.sentence);
  return opened.reader;
}

export function rowsOf(path: string, sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}
