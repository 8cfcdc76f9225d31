import type { Journey } from '../session/journey.ts';
import type { Session } from '../session/session.ts';
import type { ToolChange } from '../session/tool-changes.ts';
import type { OperationRow } from './operation-row.ts';
import type { Ending } from './session-rows.ts';
import { countedBy } from './journey-rows.ts';
import { hourOf, type Batch } from './writer.ts';

const MAX_OPERATIONS = 10_000;
const MAX_SESSIONS = 10_000;
const MAX_CHANGES = 1_000;
const MAX_LISTS = 64;
const MAX_TOOL_CHANGES = 5_000;
/** Of the contracts in the lists that wait. */
const MAX_CONTRACT_CHARS = 4_000_000;
const MAX_JOURNEYS = 1_000;
const MAX_COUNTS = 10_000;

const withoutTexts = ({ before, after, ...change }: ToolChange): ToolChange => ({
  ...change,
  before: before === undefined ? undefined : { ...before, text: undefined },
  after: after === undefined ? undefined : { ...after, text: undefined },
});

/** What waits to be written, within bounds. While the old cannot be written, the new is dropped and counted. */
export class PendingWrites {
  readonly #onDropped: (operations: number) => void;
  #operations: OperationRow[] = [];
  #sessions = new Map<Session, Ending | undefined>();
  #changes: Batch['changes'][number][] = [];
  #tools: Batch['tools'][number][] = [];
  #contractChars = 0;
  #toolChanges: Batch['toolChanges'][number][] = [];
  #counts = new Map<string, number>();
  #journeys = new Set<Journey>();
  #journeyCounts = new Map<string, number>();

  constructor(onDropped: (operations: number) => void) {
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
    if (this.#operations.length < MAX_OPERATIONS) this.#operations.push(row);
    else this.#onDropped(1);
  }

  /** @param ending undefined: the session lives */
  addSession(session: Session, ending?: Ending): void {
    if (this.#sessions.size < MAX_SESSIONS || this.#sessions.has(session)) this.#sessions.set(session, ending);
  }

  addChange(change: Batch['changes'][number]): void {
    if (this.#changes.length < MAX_CHANGES) this.#changes.push(change);
  }

  /** Returns whether there was room. */
  addTools(listed: Batch['tools'][number]): boolean {
    const chars = listed.tools.reduce((sum, { contract }) => sum + (contract.text?.length ?? 0), 0);
    if (this.#tools.length >= MAX_LISTS || this.#contractChars + chars > MAX_CONTRACT_CHARS) return false;
    this.#contractChars += chars;
    this.#tools.push(listed);
    return true;
  }

  /** Returns whether there was room, for its definitions too. */
  addToolChange(change: Batch['toolChanges'][number]): boolean {
    if (this.#toolChanges.length >= MAX_TOOL_CHANGES) return false;
    const { before, after } = change.change;
    const chars = (before?.text?.length ?? 0) + (after?.text?.length ?? 0);
    const fits = this.#contractChars + chars <= MAX_CONTRACT_CHARS;
    if (fits) this.#contractChars += chars;
    this.#toolChanges.push(fits ? change : { ...change, change: withoutTexts(change.change) });
    return fits;
  }

  /** It is written as it is then. */
  addJourney(journey: Journey): void {
    if (this.#journeys.size < MAX_JOURNEYS) this.#journeys.add(journey);
  }

  /** It is only counted. */
  countJourney(atUs: number, journey: Journey): void {
    addTo(this.#journeyCounts, [String(hourOf(atUs)), ...countedBy(journey)].join('\0'), 1);
  }

  count(atUs: number, client: string, what: string, number: number): void {
    addTo(this.#counts, `${hourOf(atUs)}\0${client}\0${what}`, number);
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
    this.#operations = [];
    this.#sessions = new Map();
    this.#changes = [];
    this.#tools = [];
    this.#contractChars = 0;
    this.#toolChanges = [];
    this.#counts = new Map();
    this.#journeys = new Set();
    this.#journeyCounts = new Map();
  }
}

function addTo(counts: Map<string, number>, key: string, number: number): void {
  if (counts.has(key) || counts.size < MAX_COUNTS) counts.set(key, (counts.get(key) ?? 0) + number);
}
