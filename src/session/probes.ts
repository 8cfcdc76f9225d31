import type { JsonObject } from '../observe/json-object.ts';
import { clientFromHeaders } from './client.ts';
import type { Introductions } from './introductions.ts';
import type { EndedOperation, Operation, Outcome } from './operation.ts';
import { handshakeKindOf } from './settle.ts';

/** What is needed to settle a probe later. */
export type HeldProbe = readonly [operation: Operation, outcome: Outcome, at: number, result: JsonObject | undefined];

const MAX_HELD = 1_000;
/** How long a refused probe waits for the handshake that follows it. The SDKs initialize within milliseconds. */
const MAX_WAIT_MS = 1_000;

/**
 * Dual-era clients ask `server/discover` first, and initialize when a server refuses. The probe belongs to the session
 * that follows: it is reported with that, under its client's name, and makes no trace of its own.
 */
export class Probes {
  readonly #introductions: Introductions;
  readonly #held = new Map<string, HeldProbe>();

  constructor({ introductions }: { introductions: Introductions }) {
    this.#introductions = introductions;
  }

  /** Whether the report of an operation waits for the handshake that follows it. */
  holdsBack(operation: Operation, outcome: Outcome, at: number, result: JsonObject | undefined): boolean {
    if (operation.method !== 'server/discover' || operation.direction === 'to-client') return false;
    if (handshakeKindOf(operation, outcome, result) !== 'probe') return false;
    const [key] = this.#keysOf(operation);
    if (key === undefined || this.#held.has(key) || this.#held.size >= MAX_HELD) return false;
    this.#held.set(key, [operation, outcome, at, result]);
    return true;
  }

  /** Takes the probe that preceded a handshake. The probe gets the client that the handshake names. */
  takeOf(handshake: EndedOperation): HeldProbe | undefined {
    if (this.#held.size === 0 || handshake.method !== 'initialize') return undefined;
    const key = this.#keysOf(handshake).find((one) => this.#held.has(one));
    const held = key === undefined ? undefined : this.#held.get(key);
    if (key === undefined || held === undefined) return undefined;
    this.#held.delete(key);
    const [operation, outcome, at, result] = held;
    return [{ ...operation, client: handshake.client }, outcome, at, result];
  }

  /** Takes the probes that no handshake followed in time. */
  takeOlder(at: number): HeldProbe[] {
    if (this.#held.size === 0) return [];
    const older = [...this.#held].filter(([, [, , endedAt]]) => at - endedAt >= MAX_WAIT_MS);
    for (const [key] of older) this.#held.delete(key);
    return older.map(([, held]) => held);
  }

  takeAll(): HeldProbe[] {
    const all = [...this.#held.values()];
    this.#held.clear();
    return all;
  }

  /**
   * The same caller: the same process or stream; else the same credential or loopback peer with the same agent, and the
   * client's name. A probe may not say the name, its handshake does.
   */
  #keysOf({ exchange, client }: Operation): string[] {
    if (exchange.request.carrier === 'stdio') return ['process'];
    if (exchange.endpointSessionId !== undefined) return [`endpoint\0${exchange.endpointSessionId}`];
    const caller = this.#introductions.keyOf(exchange.request);
    if (caller === undefined) return [];
    const nameless = `${caller}\0`;
    return client === clientFromHeaders(exchange.request) ? [nameless] : [`${nameless}${client.name}`, nameless];
  }
}
