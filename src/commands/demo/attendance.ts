import { createClient } from '../../simulator/client.ts';
import { converse } from '../../simulator/conversation.ts';
import { createRandom } from '../../simulator/random.ts';
import type { Wire } from '../../simulator/wire.ts';
import { grownApp } from './grown-app.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { activityAt, type Visit } from './visits.ts';

/** The hour that is played, whatever it lasts. */
export interface Hour {
  readonly seed: number;
  readonly clock: VirtualClock;
  /** Which minute of the hour it is. */
  minute(): number;
  /** When a minute of the hour is: milliseconds since the epoch. */
  at(minute: number): number;
  /** Nobody begins anything any more. */
  readonly over: AbortSignal;
}

/** Seconds until a user's first conversation, between two of them, and away with something else: from, to. */
const ARRIVES = [0, 40] as const;
const PAUSES = [4, 10] as const;
const AWAY = [30, 70] as const;

/**
 * A user of a client comes, talks, and comes back as long as the visit lasts.
 * @param place what tells this visit from others: the same draws the same
 * @param copy which of the users of this client it is
 */
export async function attend(
  { profile, from, until }: Visit,
  place: readonly (string | number)[],
  copy: number,
  wire: Wire,
  { seed, clock, minute, at, over: signal }: Hour,
): Promise<void> {
  const draws = [seed, 'history', ...place, copy];
  const habits = createRandom(...draws);
  // As in a demo that is live: the same users.
  const who = copy === 0 ? [seed, profile.name] : [seed, profile.name, `copy ${copy}`];
  const user = createRandom(...who, 'user').hex(24);
  const rest = (seconds: readonly [number, number]): Promise<void> =>
    clock.rest(habits.between(...seconds) * 1_000, signal);

  await clock.rest(at(from) - clock.now(), signal);
  await rest(ARRIVES);
  for (let round = 0; !signal.aborted && minute() < until; round += 1) {
    if (habits.next() > activityAt(minute())) {
      await rest(AWAY);
      continue;
    }
    const random = createRandom(...draws, round);
    const client = createClient({ profile, wire, random, user, headers: {}, signal, onSent: () => undefined });
    const { tools } = grownApp;
    const onSkip = (): void => undefined;
    await converse({ profile, client, random, speed: 1, signal, catalogue: undefined, tools, clock, onSkip });
    await rest(PAUSES);
  }
}
