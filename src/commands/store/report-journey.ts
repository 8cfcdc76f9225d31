import { counted, dateTime, duration, NONE } from '../../reading/figures.ts';
import { AMBIGUOUS, journeyVerdict, STAGE_WORDS, stageRows, stageStatus } from '../../reading/journey-words.ts';
import type { StoredJourney } from '../../store/journey-rows.ts';
import type { Report } from './report-shape.ts';

/** One attempt to connect as evidence, for whoever has to mend it: what came here, when, and what did not. */
export function reportOfJourney(journey: StoredJourney, now: number, version: string): Report {
  const { name, clientName, clientVersion, server, startedAt, lastAt, state, ambiguous, again } = journey;
  const { text, cure } = journeyVerdict(journey);
  const said = [clientName, clientVersion].filter((part) => part !== undefined).join(' ');
  const requests = journey.stages.reduce((total, stage) => total + stage.requests, 0);
  return {
    title: `How ${name} ${state === 'arrived' ? 'connected' : 'tried to connect'} to ${server}`,
    about: [
      `Attempt ${journey.id}, ${dateTime(startedAt)}, for ${duration((lastAt - startedAt) / 1_000)}`,
      ...(said === '' || said === name ? [] : [`The client calls itself ${said}`]),
      `mcpspan ${version}, ${dateTime(now)} (UTC: ${new Date(startedAt).toISOString()} to ${new Date(lastAt).toISOString()})`,
    ],
    at: now,
    lanes: undefined,
    sections: [
      {
        title: 'Where it stopped',
        points: [
          `${name} ${text}.`,
          ...(cure === '' ? [] : [`What to do: ${cure}.`]),
          ...(state === 'stopped'
            ? [`After ${new Date(lastAt).toISOString()} nothing more of it reached mcpspan.`]
            : []),
          ...(again ? ['Its client had been connected before, and was told to sign in again.'] : []),
          ...(ambiguous ? [`It ${AMBIGUOUS}.`] : []),
        ],
        table: undefined,
      },
      {
        title: 'What reached the server',
        points: [
          `mcpspan stands before the server and passes each request on as it comes: ${counted(requests, 'request')} of this attempt came through it.`,
          '"not seen here" is no fault: that stage is left out, or is taken at another host, such as an authorization server of its own.',
        ],
        table: {
          head: [
            ['stage', 'left'],
            ['first request (UTC)', 'left'],
            ['after', 'right'],
            ['requests', 'right'],
            ['latest answer', 'left'],
          ],
          rows: stageRows(journey).map(({ stage, seen }) => [
            STAGE_WORDS[stage].title,
            seen === undefined ? NONE : new Date(seen.firstAt).toISOString(),
            seen === undefined ? NONE : duration((seen.firstAt - startedAt) / 1_000),
            seen === undefined ? NONE : String(seen.requests),
            stageStatus(seen),
          ]),
        },
      },
    ],
  };
}
