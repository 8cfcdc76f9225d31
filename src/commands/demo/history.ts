import type { Settings } from '../../settings/options.ts';
import { createApp } from '../../simulator/app.ts';
import type { Profile } from '../../simulator/profile.ts';
import { createRandom } from '../../simulator/random.ts';
import { SIGN_IN_PATH } from '../../simulator/sign-in.ts';
import { attend, type Hour } from './attendance.ts';
import { startRecording } from './recording.ts';
import { answersOfTheHour } from './trouble.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualRelay } from './virtual-relay.ts';
import { HOUR, visitsOf } from './visits.ts';

export interface HistoryOptions {
  /** The file of the store. */
  readonly path: string;
  readonly seed: number;
  /** When the history ends: milliseconds since the epoch. */
  readonly now: number;
  /** How long it is. The hour is squeezed into this time. */
  readonly minutes: number;
  /** The servers, and the clients that talk to each. */
  readonly servers: readonly { readonly name: string; readonly profiles: readonly Profile[] }[];
  /** Settings of the observing half and of the store, where they differ from the defaults. */
  readonly settings?: Partial<Settings>;
  /** Prints a line for people: what is wrong with the store. */
  say(line: string): void;
}

export interface HistoryReport {
  /** Requests and notifications sent in both directions, without progress notifications. */
  readonly messages: number;
  /** How many of them are not in the store. */
  readonly lost: number;
}

/** This long before the end nobody begins anything new, so that open calls can end. */
const LAST_CALL_MS = 8_000;
const MINUTE_MS = 60_000;

/**
 * Fills a store with an hour in which simulated clients talked to the simulated server. Every message passes through the
 * observing half, on a virtual clock that does not wait. The same options make the same store.
 * @throws whatever a bug of ours throws; `say` reports trouble with the store
 */
export async function writeHistory(options: HistoryOptions): Promise<HistoryReport> {
  const { path, seed, now, minutes, servers, settings = {}, say } = options;
  const startsAt = now - minutes * MINUTE_MS;
  const scale = (minutes / 60) * MINUTE_MS;
  const clock = createVirtualClock(startsAt);
  const over = new AbortController();
  const hour: Hour = {
    seed,
    clock,
    minute: () => (clock.now() - startsAt) / scale,
    at: (minute) => startsAt + minute * scale,
    over: over.signal,
  };
  const ids = createRandom(seed, now, 'sessions');
  const mint = (): string => [8, 4, 4, 4, 12].map((digits) => ids.hex(digits)).join('-');
  const app = createApp({ answers: answersOfTheHour(seed, hour.minute), clock, newSessionId: mint });
  clock.after(hour.at(HOUR.release) - startsAt, () => app.restart());
  clock.after(now - LAST_CALL_MS - startsAt, () => over.abort());

  let lost = 0;
  const faults: unknown[] = [];
  const fault = (error: unknown): void => void faults.push(error);
  const onLost = (operations: number): void => {
    lost += operations;
  };
  const histories = servers.map(({ name, profiles }) => {
    const instance = createRandom(seed, now, 'instance', name).hex(32);
    const storing = { path, settings, say, onLost };
    const recording = startRecording({ ...storing, server: name, instance, timers: clock, until: now });
    const random = createRandom(seed, 'relay', name);
    // As in the live part: where somebody signs in, everybody has to.
    const mcpPath = profiles.some(({ signsIn }) => signsIn === true) ? SIGN_IN_PATH : '/mcp';
    const relay = createVirtualRelay({ ...recording, app, mcpPath, timers: clock, random, fault });
    const visits = profiles.flatMap(visitsOf).flatMap((visit, index) =>
      Array.from({ length: visit.users }, (_, copy) => {
        const visitKey = [name, visit.profile.name, index];
        return attend(visit, visitKey, copy, relay.wire(visit.habits), hour).catch(fault);
      }),
    );
    return { recording, relay, visits };
  });

  try {
    await clock.passUntil(now);
    for (const { relay } of histories) relay.cut();
    await Promise.all(histories.flatMap(({ visits }) => visits));
  } finally {
    for (const { recording } of histories) recording.close();
  }
  if (faults.length > 0) throw new AggregateError(faults, 'the history could not be written as planned');
  return { messages: histories.reduce((total, { relay }) => total + relay.messages(), 0), lost };
}
