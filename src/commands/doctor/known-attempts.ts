import { counted } from '../../reading/figures.ts';
import { shareInWords } from '../../reading/lost-attempts.ts';
import { plain } from '../../reading/plain.ts';
import { openReader } from '../../store/reader.ts';
import { lostIn } from '../../viewer/lost-in.ts';
import { ok, warning, type Check } from './check.ts';

/**
 * One line about the attempts to connect that the record knows; none where it knows none.
 * @param now milliseconds since the epoch
 */
export function checkKnownAttempts(store: string | undefined, server: string, now: () => number): Check[] {
  if (store === undefined) return [];
  const opened = openReader(store, now);
  // The check of the store tells what is wrong with it.
  if (opened.kind === 'trouble') return [];
  using reader = opened.reader;
  const what = 'attempts so far';
  const funnels = reader.journeyFunnels({ server });
  const attempts = funnels.reduce((total, funnel) => total + funnel.attempts, 0);
  if (attempts === 0) return [];
  const [worst] = lostIn(reader, { server }, funnels);
  const all = `${counted(attempts, 'attempt')} to connect, of ${counted(funnels.length, 'client')}`;
  return worst === undefined
    ? [ok(what, `${all}: none was lost`)]
    : [
        warning(
          what,
          `${all}. ${shareInWords(worst)}, ${plain(worst.client)} ${worst.text}`,
          `mcpspan journeys ${worst.latest.slice(0, 8)} shows the latest of them`,
        ),
      ];
}
