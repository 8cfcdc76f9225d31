import { hash } from 'node:crypto';
import type { EndedOperation } from './operation.ts';
import { personIn } from './principal.ts';
import { Sketch } from './sketch.ts';

/** What is counted about whom: a client, a tool, or the server as a whole, whose name is `''`. */
export type PeopleSubject = 'client' | 'tool' | 'server';
/** `principal`: whoever a credential stands for. `conversation`: the conversation keys that clients send. */
export type PeopleKind = 'principal' | 'conversation';

/** Who used something on a day, as a sketch. */
export interface DaySketch {
  /** Days since the epoch, in UTC. */
  readonly day: number;
  readonly subject: PeopleSubject;
  /** A label, bounded as in metrics. */
  readonly name: string;
  readonly who: PeopleKind;
  readonly registers: Uint8Array;
}

export interface PeopleCount extends Omit<DaySketch, 'registers' | 'day'> {
  readonly number: number;
}

export interface PeopleOptions {
  /** Keys the hash, so that nobody who reads a sketch can ask it for a person. It is exported nowhere. */
  key: Uint8Array;
  /** What an earlier run has counted, with the same key. */
  kept: readonly DaySketch[];
  /** Called when something is not counted, because there are too many sketches. */
  onFolded(): void;
}

interface Entry extends Omit<DaySketch, 'registers'> {
  readonly sketch: Sketch;
  /** It changed since it was last written. */
  changed: boolean;
}

/** A kilobyte each: twice what the default bounds of labels need, for two days. */
const MAX_SKETCHES = 2_000;
export const DAY_MS = 86_400_000;

/** The sketches of one day, found without making a key of text: that took as long as the hash. */
type Index = Readonly<Record<PeopleSubject, Map<string, Partial<Record<PeopleKind, Entry>>>>>;
const emptyIndex = (): Index => ({ client: new Map(), tool: new Map(), server: new Map() });

/** How many people and conversations use each client and each tool, by the day. Identities are hashed and forgotten. */
export class People {
  readonly #key: string;
  readonly #onFolded: () => void;
  #entries: Entry[] = [];
  #index = emptyIndex();
  #day = 0;

  constructor({ key, kept, onFolded }: PeopleOptions) {
    this.#key = Buffer.from(key).toString('hex');
    this.#onFolded = onFolded;
    this.#day = Math.max(0, ...kept.map(({ day }) => day));
    for (const { registers, ...about } of kept) if (about.day === this.#day) this.#put(about, new Sketch(registers));
  }

  /** Counts the caller of a tool; others may be scanners. */
  ended({ counted, client, clientLabel, targetLabel, conversation, exchange, endedAt }: EndedOperation): void {
    if (!counted.firstOfCall || client.throwAway) return;
    const { credential } = exchange.request;
    if (credential === undefined && conversation === undefined) return;
    this.#turn(Math.floor(endedAt / DAY_MS));
    if (credential !== undefined) this.#add('principal', personIn(credential), clientLabel, targetLabel);
    if (conversation !== undefined) this.#add('conversation', conversation, clientLabel, targetLabel);
  }

  #add(who: PeopleKind, identity: string, clientLabel: string, targetLabel: string | undefined): void {
    // As text it takes half the time of a buffer.
    const digest = hash('sha256', `${this.#key}\0${who}\0${identity}`, 'hex');
    const [high, low] = [Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16)];
    this.#addTo('server', '', who, high, low);
    this.#addTo('client', clientLabel, who, high, low);
    if (targetLabel !== undefined) this.#addTo('tool', targetLabel, who, high, low);
  }

  #addTo(subject: PeopleSubject, name: string, who: PeopleKind, high: number, low: number): void {
    const entry =
      this.#index[subject].get(name)?.[who] ?? this.#put({ day: this.#day, subject, name, who }, new Sketch());
    if (entry === undefined) this.#onFolded();
    else if (entry.sketch.add(high, low)) entry.changed = true;
  }

  /** Undefined: there is no room. */
  #put(about: Omit<DaySketch, 'registers'>, sketch: Sketch): Entry | undefined {
    if (this.#entries.length >= MAX_SKETCHES) return undefined;
    const entry: Entry = { ...about, sketch, changed: false };
    const known = this.#index[about.subject].get(about.name) ?? {};
    known[about.who] = entry;
    this.#index[about.subject].set(about.name, known);
    this.#entries.push(entry);
    return entry;
  }

  /** The day before is kept until it is written. */
  #turn(day: number): void {
    if (day <= this.#day) return;
    this.#entries = this.#entries.filter((entry) => entry.changed && entry.day >= day - 1);
    this.#index = emptyIndex();
    this.#day = day;
  }

  /** What has to be written. */
  *changed(): Generator<DaySketch> {
    for (const { sketch, changed, ...about } of this.#entries)
      if (changed) yield { ...about, registers: sketch.registers };
  }

  /** What `changed` gave is written. */
  written(): void {
    for (const entry of this.#entries) entry.changed = false;
    if (this.#entries.some(({ day }) => day < this.#day))
      this.#entries = this.#entries.filter(({ day }) => day === this.#day);
  }

  /** How many there were today, so far. @param at milliseconds since the epoch */
  *today(at: number): Generator<PeopleCount> {
    const today = Math.floor(at / DAY_MS);
    for (const { sketch, subject, name, who, day } of this.#entries)
      if (day === today) yield { subject, name, who, number: Math.round(sketch.estimate()) };
  }
}
