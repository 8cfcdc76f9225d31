import { createAnswers, type Answers } from '../../simulator/answers.ts';
import { createRandom } from '../../simulator/random.ts';
import { grownApp, earlierApp } from './grown-app.ts';
import { HOUR } from './visits.ts';

/** How many times slower answers are during the trouble: from, to. */
const SLOWDOWN = [3.5, 9] as const;
const FAILING_SHARE = 0.6;

/**
 * The answers of the app during the hour: those of an older release first, and faulty ones for a while.
 * @param minute the minute of the hour, from 0 to 60
 */
export function answersOfTheHour(seed: number, minute: () => number): Answers {
  const [before, since] = [createAnswers(seed, earlierApp), createAnswers(seed, grownApp)];
  const random = createRandom(seed, 'trouble');
  return (method, params, era, drawer) => {
    const at = minute();
    const answer = (at < HOUR.release ? before : since)(method, params, era, drawer);
    const { trouble } = HOUR;
    if (params['name'] !== 'grade_essay' || at < trouble.from || at >= trouble.until) return answer;
    const troubled = { ...answer, ms: answer.ms * random.between(...SLOWDOWN) };
    if (random.next() >= FAILING_SHARE) return troubled;
    if (random.next() < 0.5) return { ...troubled, body: { error: { code: -32603, message: 'Internal error' } } };
    const content = [{ type: 'text', text: 'The grading service did not answer in time.' }];
    return { ...troubled, body: { result: { content, isError: true } } };
  };
}
