import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a number has begun to grow and then stands still for half a second: there is no event for what does not happen. */
export async function standstill(progress: () => number): Promise<void> {
  for (let before = Number.NaN, still = 0; still < 5;) {
    await delay(100);
    const now = progress();
    still = now > 0 && now === before ? still + 1 : 0;
    before = now;
  }
}
