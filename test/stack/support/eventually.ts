import { setTimeout as sleep } from 'node:timers/promises';

const ASK_EVERY = 100;

/**
 * Asks until there is an answer that is not undefined, which is what it resolves with. A question that throws counts as
 * unanswered. @throws after `withinSeconds`, with `what` and the last error
 */
export async function eventually<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  withinSeconds = 30,
): Promise<Answer> {
  const deadline = performance.now() + withinSeconds * 1_000;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      const last = failure instanceof Error ? `; ${failure.message}` : '';
      throw new Error(`not within ${withinSeconds} s: ${what}${last}`, { cause: failure });
    }
    await sleep(ASK_EVERY);
  }
}
