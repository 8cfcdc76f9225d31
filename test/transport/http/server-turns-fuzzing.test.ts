import { expect, it } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { askInTurns } from '../../support/server-turns-fuzzing.ts';

const CASES = 60;

it.each([
  ['', false, 1],
  [', also when these are replaced meanwhile', true, 1_000],
] as const)(
  'requests of one connection, cut anywhere, reach each server as over connections of their own%s',
  async (_, reloads, seed) => {
    for (let index = 0; index < CASES; index++) {
      const { together, alone } = await askInTurns(new SeededRandom(seed + index), reloads);
      expect(together, `seed ${seed + index}`).toEqual(alone);
    }
  },
);
