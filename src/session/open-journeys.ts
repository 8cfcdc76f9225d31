import { keepNewest } from '../transport/bounded.ts';
import type { Caller } from './caller.ts';
import { beginJourney, hasReached, merge, type Journey, type Stage } from './journey.ts';

/** More attempts at a time are not followed: the oldest is forgotten, and counted. */
const MAX_OPEN = 1_000;
const MAX_KEYS_OF_ONE = 16;
const MAX_ARRIVED = 5_000;
/** A client that has arrived is connected for so long after its last handshake: as long as activity lasts. */
const ARRIVED_FOR_MS = 1_800_000;
/** Requests of one agent from several addresses may be one attempt if they follow each other so closely: hosts have many. */
const MAX_GAP_MS = 30_000;
/** After these a user may be sent to a browser. */
const BEFORE_USER: readonly Stage[] = ['challenge', 'resource-metadata', 'server-metadata', 'registration'];

const credentialKey = (principal: string): string => `credential\0${principal}`;
const clientKey = (hashed: string): string => `client\0${hashed}`;
const nameKey = (place: string, name: string): string => `${place}\0${name}`;

/** The attempts to connect that are under way, by who makes them, and who has arrived. */
export class OpenJourneys {
  readonly #open = new Set<Journey>();
  readonly #byKey = new Map<string, Journey>();
  /** With the time of the latest handshake. */
  readonly #arrived = new Map<string, number>();
  readonly #onDropped: () => void;
  readonly #onJoined: (gone: Journey) => void;

  /** @param onJoined called with a journey that turned out to be a part of another */
  constructor(onDropped: () => void, onJoined: (gone: Journey) => void) {
    this.#onDropped = onDropped;
    this.#onJoined = onJoined;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  [Symbol.iterator](): Iterator<Journey> {
    return this.#open.values();
  }

  /** @param name that the client gives itself: two of them at one place are two */
  find({ principal, place }: Caller, name?: string): Journey | undefined {
    if (this.#byKey.size === 0) return undefined;
    const own = principal === undefined ? undefined : this.#byKey.get(credentialKey(principal));
    const near = (name === undefined ? undefined : this.#byKey.get(nameKey(place, name))) ?? this.#byKey.get(place);
    if (own !== undefined) {
      return near !== undefined && near !== own && near.principal === undefined ? this.#join(own, near) : own;
    }
    if (near === undefined || (name !== undefined && near.introduced && near.client.name !== name)) return undefined;
    // Another credential than the one that was given out, and not in place of one that was refused.
    const other = principal !== undefined && near.principal !== undefined && near.refusal === undefined;
    if (other) near.ambiguous = true;
    return other ? undefined : near;
  }

  /** The attempt that registered as this client. */
  ofClient(hashed: string): Journey | undefined {
    return this.#byKey.get(clientKey(hashed));
  }

  /** The one attempt whose user may be signing in with a browser; undefined: there is none, or more than one. */
  waitingForUser(): Journey | undefined {
    const waiting = [...this.#open].filter(
      (journey) => BEFORE_USER.some((stage) => hasReached(journey, stage)) && !hasReached(journey, 'token'),
    );
    return waiting.length === 1 ? waiting[0] : undefined;
  }

  /** Begins an attempt, or finds the one that a request from another address goes on with. */
  begin(caller: Caller, at: number, again: boolean): Journey {
    const elsewhere = again ? undefined : this.#elsewhere(caller, at);
    if (elsewhere !== undefined) elsewhere.ambiguous = true;
    const journey = elsewhere ?? beginJourney(at, caller.agent, again);
    if (elsewhere === undefined) {
      if (this.#open.size >= MAX_OPEN) this.#forgetOldest();
      this.#open.add(journey);
    }
    this.#bind(journey, caller.place);
    return journey;
  }

  /** What comes with this credential belongs to the attempt. */
  bindCredential(journey: Journey, principal: string): void {
    journey.principal = principal;
    this.#bind(journey, credentialKey(principal));
  }

  bindClient(journey: Journey, hashed: string): void {
    this.#bind(journey, clientKey(hashed));
  }

  /** So does what this client sends from here. */
  bindName(journey: Journey, { place }: Caller, name: string): void {
    this.#bind(journey, nameKey(place, name));
  }

  remove(journey: Journey): void {
    this.#open.delete(journey);
    for (const key of journey.keys) if (this.#byKey.get(key) === journey) this.#byKey.delete(key);
  }

  /** Remembers who has arrived. */
  arrived(journey: Journey, { place }: Caller, name: string | undefined, at: number): void {
    this.#remember([...journey.keys, place, ...(name === undefined ? [] : [nameKey(place, name)])], at);
  }

  /** A token was given to a client that has arrived. */
  renewed(principal: string, at: number): void {
    this.#remember([credentialKey(principal)], at);
  }

  /** Whether a caller has arrived, and not long ago. */
  hasArrived({ principal, place }: Caller, name: string | undefined, at: number): boolean {
    if (principal !== undefined) return this.#isRecent(credentialKey(principal), at);
    return this.#isRecent(name === undefined ? place : nameKey(place, name), at);
  }

  #isRecent(key: string, at: number): boolean {
    const last = this.#arrived.get(key);
    if (last === undefined || at - last >= ARRIVED_FOR_MS) return false;
    this.#remember([key], at);
    return true;
  }

  #remember(keys: readonly string[], at: number): void {
    for (const key of keys) {
      this.#arrived.delete(key);
      this.#arrived.set(key, at);
    }
    keepNewest(this.#arrived, MAX_ARRIVED);
  }

  /** An attempt of the same agent from another address, a moment ago; undefined: there is none, or more than one. */
  #elsewhere({ agent, place, principal }: Caller, at: number): Journey | undefined {
    if (agent === '' || principal !== undefined) return undefined;
    let found: Journey | undefined;
    for (const journey of this.#open) {
      if (journey.agent !== agent || journey.principal !== undefined || at - journey.lastAt > MAX_GAP_MS) continue;
      // What was not found at its own place is another.
      if (journey.introduced || journey.keys.includes(place)) continue;
      if (found !== undefined) return undefined;
      found = journey;
    }
    return found;
  }

  /** Makes one of two parts of an attempt. What sinks know of already goes on. */
  #join(one: Journey, other: Journey): Journey {
    const [kept, gone] = other.told && !one.told ? [other, one] : [one, other];
    merge(kept, gone);
    this.#open.delete(gone);
    for (const key of gone.keys) if (this.#byKey.get(key) === gone) this.#bind(kept, key);
    gone.state = 'unfinished';
    this.#onJoined(gone);
    return kept;
  }

  #bind(journey: Journey, key: string): void {
    this.#byKey.set(key, journey);
    if (journey.keys.includes(key)) return;
    journey.keys.push(key);
    const oldest = journey.keys.length > MAX_KEYS_OF_ONE ? journey.keys.shift() : undefined;
    if (oldest !== undefined && this.#byKey.get(oldest) === journey) this.#byKey.delete(oldest);
  }

  #forgetOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.remove(oldest);
    this.#onDropped();
  }
}
