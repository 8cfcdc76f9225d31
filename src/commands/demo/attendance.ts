import { createClient } from '../../simulator/client.ts';
import { converse } from '../../simulator/conversation.ts';
import { createRandom } from '../../simulator/random.ts';
import type { Wire } from '../../simulator/wire.ts';
import { earlierApp, grownApp } from './grown-app.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { activityAt, type Visit } from './visits.ts';

/** The hour that is played. The history may squeeze it into fewer minutes. */
export interface Hour {
  readonly seed: number;
  readonly clock: VirtualClock;
  /** The minute of the hour that it is now. */
  minute(): number;
  /** When a minute of the hour begins, in milliseconds since the epoch. */
  at(minute: number): number;
  /** Aborted when nobody may begin anything new. */
  readonly over: AbortSignal;
}

/** It read the list of tools when its connector was added, and works from that. */
const READS_NO_LIST = 'chatgpt-2025';

/** How long a user waits before the first conversation, between two of them, and while away: from, to. */
const ARRIVAL_SECONDS = [0, 40] as const;
const PAUSE_SECONDS = [4, 10] as const;
const AWAY_SECONDS = [30, 70] as const;

/**
 * A user of a client comes, talks, and comes back until the visit ends.
 * @param visitKey distinguishes this visit from others; the same key makes the same random choices
 * @param copy the number of this user among those of the visit
 */
export async function attend(
  { profile, from, until }: Visit,
  visitKey: readonly (string | number)[],
  copy: number,
  wire: Wire,
  { seed, clock, minute, at, over: signal }: Hour,
): Promise<void> {
  const visitSeed = [seed, 'history', ...visitKey, copy];
  const habits = createRandom(...visitSeed);
  // The same users as in the live part of the demo.
  const who = copy === 0 ? [seed, profile.name] : [seed, profile.name, `copy ${copy}`];
  const user = createRandom(...who, 'user').hex(24);
  const rest = (seconds: readonly [number, number]): Promise<void> =>
    clock.rest(habits.between(...seconds) * 1_000, signal);

  await clock.rest(at(from) - clock.now(), signal);
  await rest(ARRIVAL_SECONDS);
  for (let round = 0; !signal.aborted && minute() < until; round += 1) {
    if (habits.next() > activityAt(minute())) {
      await rest(AWAY_SECONDS);
      continue;
    }
    const random = createRandom(...visitSeed, round);
    const client = createClient({ profile, wire, random, user, headers: {}, signal, onSent: () => undefined });
    const { tools } = profile.name === READS_NO_LIST ? earlierApp : grownApp;
    const onSkip = (): void => undefined;
    await converse({ profile, client, random, speed: 1, signal, catalogue: undefined, tools, clock, onSkip });
    await rest(PAUSE_SECONDS);
  }
}
