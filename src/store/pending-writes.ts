import type { Journey } from '../session/journey.ts';
import type { Session } from '../session/session.ts';
import type { ToolChange } from '../session/tool-changes.ts';
import type { OperationRow } from './operation-row.ts';
import type { Ending } from './session-rows.ts';
import { countedBy } from './journey-rows.ts';
import { nothingWaits, type PendingRoom } from './pending-room.ts';
import { hourOf, type Batch } from './writer.ts';

const withoutTexts = ({ before, after, ...change }: ToolChange): ToolChange => ({
  ...change,
  before: before === undefined ? undefined : { ...before, text: undefined },
  after: after === undefined ? undefined : { ...after, text: undefined },
});

/** What waits of one server to be written. While the old cannot be written, the new is dropped and counted. */
export class PendingWrites {
  readonly #room: PendingRoom;
  readonly #onDropped: (operations: number) => void;
  readonly #taken = nothingWaits();
  #operations: OperationRow[] = [];
  #sessions = new Map<Session, Ending | undefined>();
  #changes: Batch['changes'][number][] = [];
  #tools: Batch['tools'][number][] = [];
  #toolChanges: Batch['toolChanges'][number][] = [];
  #counts = new Map<string, number>();
  #journeys = new Set<Journey>();
  #journeyCounts = new Map<string, number>();

  /** @param room shared by all servers of a file */
  constructor(room: PendingRoom, onDropped: (operations: number) => void) {
    this.#room = room;
    this.#onDropped = onDropped;
  }

  get operations(): number {
    return this.#operations.length;
  }

  get isEmpty(): boolean {
    return (
      this.#operations.length === 0 &&
      this.#sessions.size === 0 &&
      this.#changes.length === 0 &&
      this.#tools.length === 0 &&
      this.#toolChanges.length === 0 &&
      this.#counts.size === 0 &&
      this.#journeys.size === 0 &&
      this.#journeyCounts.size === 0
    );
  }

  addOperation(row: OperationRow): void {
    if (this.#room.take(this.#taken, 'operations')) this.#operations.push(row);
    else this.#onDropped(1);
  }

  /** @param ending undefined: the session lives */
  addSession(session: Session, ending?: Ending): void {
    if (this.#sessions.has(session) || this.#room.take(this.#taken, 'sessions')) this.#sessions.set(session, ending);
  }

  addChange(change: Batch['changes'][number]): void {
    if (this.#room.take(this.#taken, 'changes')) this.#changes.push(change);
  }

  /** Returns whether there was room. */
  addTools(listed: Batch['tools'][number]): boolean {
    const chars = listed.tools.reduce((sum, { contract }) => sum + (contract.text?.length ?? 0), 0);
    if (!this.#takeChars(chars) || !this.#room.take(this.#taken, 'lists')) return false;
    this.#tools.push(listed);
    return true;
  }

  /** Returns whether there was room, for its definitions too. */
  addToolChange(change: Batch['toolChanges'][number]): boolean {
    if (!this.#room.take(this.#taken, 'toolChanges')) return false;
    const { before, after } = change.change;
    const fits = this.#takeChars((before?.text?.length ?? 0) + (after?.text?.length ?? 0));
    this.#toolChanges.push(fits ? change : { ...change, change: withoutTexts(change.change) });
    return fits;
  }

  /** It is written as it is then. */
  addJourney(journey: Journey): void {
    if (!this.#journeys.has(journey) && this.#room.take(this.#taken, 'journeys')) this.#journeys.add(journey);
  }

  /** It is only counted. */
  countJourney(atUs: number, journey: Journey): void {
    const key = [String(hourOf(atUs)), ...countedBy(journey)].join('\0');
    this.#addTo(this.#journeyCounts, 'journeyCounts', key, 1);
  }

  count(atUs: number, client: string, what: string, number: number): void {
    this.#addTo(this.#counts, 'counts', `${hourOf(atUs)}\0${client}\0${what}`, number);
  }

  batch(): Omit<Batch, 'clients' | 'people' | 'toolLists'> {
    return {
      operations: this.#operations,
      sessions: this.#sessions,
      changes: this.#changes,
      tools: this.#tools,
      toolChanges: this.#toolChanges,
      counts: this.#counts,
      journeys: this.#journeys,
      journeyCounts: this.#journeyCounts,
    };
  }

  clear(): void {
    this.#room.free(this.#taken);
    this.#operations = [];
    this.#sessions = new Map();
    this.#changes = [];
    this.#tools = [];
    this.#toolChanges = [];
    this.#counts = new Map();
    this.#journeys = new Set();
    this.#journeyCounts = new Map();
  }

  #takeChars(chars: number): boolean {
    return chars === 0 || this.#room.take(this.#taken, 'contractChars', chars);
  }

  #addTo(counts: Map<string, number>, kind: 'counts' | 'journeyCounts', key: string, number: number): void {
    if (counts.has(key) || this.#room.take(this.#taken, kind)) counts.set(key, (counts.get(key) ?? 0) + number);
  }
}
