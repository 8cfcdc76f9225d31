import type { DatabaseSync } from 'node:sqlite';
import type { ClientState } from '../session/clients.ts';
import type { ClientTrait } from '../session/event.ts';
import type { Privacy } from '../session/privacy.ts';
import type { DaySketch } from '../session/people.ts';
import type { Journey } from '../session/journey.ts';
import { journeyRow } from './journey-rows.ts';
import type { Kind } from './kinds.ts';
import type { OperationRow } from './operation-row.ts';
import { writeLint } from './lint-rows.ts';
import { writePeople } from './people-rows.ts';
import { SessionRows, type Touched } from './session-rows.ts';
import { ToolRows, type OfferedBatch } from './tool-rows.ts';
import { idIn, KIND_COLUMNS, type Statements } from './statements.ts';

/** What waits of one server. */
export interface Batch extends OfferedBatch {
  operations: readonly OperationRow[];
  sessions: Touched;
  changes: readonly { atUs: number; client: string; what: ClientTrait; before: string; after: string }[];
  /** The keys are hour, client and what was counted, with NUL in between. */
  counts: ReadonlyMap<string, number>;
  journeys: Iterable<Journey>;
  /** Those without a row: the keys are hour, client, state and stages, with NUL in between. */
  journeyCounts: ReadonlyMap<string, number>;
  clients: Iterable<ClientState>;
  /** Who used what, where that has changed. */
  people: Iterable<DaySketch>;
}

/** What the writers to an open file share. */
export interface OpenFile {
  db: DatabaseSync;
  statements: Statements;
  /** When the last mark was written, in microseconds; one is enough for all. */
  markedUs: number;
}

export interface WriterOptions {
  file: OpenFile;
  server: string;
  privacy: Privacy;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
}

/** The time between two marks. Readers look further back by so much. */
export const MARK_EVERY_US = 60_000_000;
const HOUR_US = 3_600_000_000;

/** The beginning of the hour that a time falls into. */
export const hourOf = (atUs: number): number => atUs - (atUs % HOUR_US);

/** Writes the batches of one server. */
export class StoreWriter {
  readonly #options: WriterOptions;
  readonly #statements: Statements;
  readonly #sessions: SessionRows;
  readonly #tools: ToolRows;
  #kindIds = new WeakMap<Kind, number>();
  readonly #traits = new Map<string, string>();

  constructor(options: WriterOptions) {
    this.#options = options;
    const { statements } = options.file;
    this.#statements = statements;
    this.#sessions = new SessionRows({ ...options, statements });
    this.#tools = new ToolRows({ ...options, statements });
  }

  /**
   * Writes in a transaction of the caller, who says how it ended.
   * @param nowUs by the wall clock
   * @throws what SQLite throws
   */
  write(batch: Batch, nowUs: number): void {
    this.#sessions.write(batch.sessions, batch.operations);
    this.#writeOperations(batch.operations, nowUs);
    this.#writeClients(batch);
    this.#tools.write(batch, nowUs);
    this.#writeCounts(batch.counts);
    writePeople(this.#statements, this.#options.server, batch.people, nowUs);
    writeLint(this.#statements, this.#options.server, batch.operations);
    this.#writeJourneys(batch);
  }

  /** The transaction was committed. */
  committed({ sessions }: Pick<Batch, 'sessions'>): void {
    this.#sessions.settle(sessions);
  }

  /** The transaction was rolled back: what it wrote, and the ids of its rows, are nobody's. */
  rolledBack(): void {
    this.#sessions.forget();
    this.#kindIds = new WeakMap();
    this.#traits.clear();
    this.#tools.forget();
  }

  #writeOperations(operations: readonly OperationRow[], nowUs: number): void {
    const { operation, details, mark } = this.#statements;
    const { file } = this.#options;
    // After the clock was set back, marks start anew.
    let marked = nowUs >= file.markedUs && nowUs - file.markedUs < MARK_EVERY_US;
    for (const row of operations) {
      const { lastInsertRowid } = operation.run(
        row.session === undefined ? null : this.#sessions.id(row.session),
        this.#kindId(row.kind),
        row.startedUs,
        row.tookUs,
        row.requestBytes,
        row.responseBytes,
        row.trace,
      );
      if (row.details !== undefined) details.run(lastInsertRowid, ...row.details);
      if (marked) continue;
      mark.run(nowUs, lastInsertRowid);
      file.markedUs = nowUs;
      marked = true;
    }
  }

  #kindId(kind: Kind): number {
    const known = this.#kindIds.get(kind);
    if (known !== undefined) return known;
    const values = Object.values(KIND_COLUMNS).map((member) => {
      const value = kind[member];
      return typeof value === 'boolean' ? Number(value) : value;
    });
    const id = idIn(this.#statements.kind.get(this.#options.server, ...values));
    this.#kindIds.set(kind, id);
    return id;
  }

  #writeClients({ operations, changes, clients }: Batch): void {
    const { server, privacy } = this.#options;
    const statements = this.#statements;
    const seen = new Map<string, { from: number; to: number }>();
    for (const { kind, startedUs, tookUs } of operations) {
      const times = seen.get(kind.client);
      if (times === undefined) seen.set(kind.client, { from: startedUs, to: startedUs + tookUs });
      else times.to = Math.max(times.to, startedUs + tookUs);
    }
    for (const [client, { from, to }] of seen) statements.client.run(server, client, from, to);
    for (const { clientLabel, traits } of clients) {
      for (const [what, value] of Object.entries(traits)) {
        const key = `${clientLabel}\0${what}`;
        if (this.#traits.get(key) === value) continue;
        statements.trait.run(server, clientLabel, what, privacy.name(value));
        this.#traits.set(key, value);
      }
    }
    for (const { atUs, client, what, before, after } of changes)
      statements.change.run(atUs, server, client, what, privacy.name(before), privacy.name(after));
  }

  #writeJourneys({ journeys, journeyCounts }: Batch): void {
    const { server, privacy, skew } = this.#options;
    for (const [key, number] of journeyCounts) {
      const [hour = '', client = '', state = '', reached = ''] = key.split('\0');
      this.#statements.journeyCount.run(Number(hour), server, client, state, reached, number);
    }
    for (const journey of journeys) this.#statements.journey.run(...journeyRow(journey, server, privacy, skew()));
  }

  #writeCounts(counts: Batch['counts']): void {
    for (const [key, number] of counts) {
      const [hour = '', client = '', what = ''] = key.split('\0');
      this.#statements.count.run(Number(hour), this.#options.server, client, what, number);
    }
  }
}
