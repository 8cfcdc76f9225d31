import { OTHER } from '../session/client.ts';
import type { StoredRepeat } from '../store/repeat-figures.ts';
import { counted } from './figures.ts';

/** From here on the record holds only some of the calls of a run. */
const MIN_ROUNDED = 100;

/** How a client repeated calls, in a sentence or two. Polling is normal, so it says that, too. @param at ` at quiz`, or `''` */
export function repeatInWords({ client, tool: name, calls, unsuccessful }: StoredRepeat, at: string): string {
  const tool = name === OTHER ? 'a tool with an unverified name' : name;
  return unsuccessful > 0
    ? `${client} called ${tool} ${counted(unsuccessful, 'time')} in a row without success${at}, each time with the same arguments.`
    : `${client} called ${tool} ${calls < MIN_ROUNDED ? '' : 'at least '}${counted(calls, 'time')} in a row with the same arguments${at}; polling looks like that, too.`;
}
