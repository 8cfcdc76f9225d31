import { counted } from './figures.ts';
import { nameText } from './names.ts';

/** A request to which mcpspan waited for no answer when it went down. */
export interface CutOffRequest {
  method: string;
  target: string | undefined;
  clientLabel: string;
}

const MAX_NAMED = 5;

/** `3 requests were cut off after 25 s; --drain-seconds gives them longer`. */
export const countCutOffInWords = (requests: number, seconds: number, which = ''): string =>
  `${counted(requests, 'request')} ${requests === 1 ? 'was' : 'were'} cut off ${seconds > 0 ? `after ${seconds} s` : 'at once'}${which}; --drain-seconds gives them longer`;

/** What was cut off, most often first: `tools/call quiz of chatgpt (2 times), tools/list of claude-ai and 3 more`. */
export function cutOffInWords(requests: readonly CutOffRequest[], seconds: number): string {
  const numbers = new Map<string, number>();
  for (const { method, target, clientLabel } of requests) {
    const name = `${target === undefined ? method : `${method} ${target}`} of ${nameText(clientLabel)}`;
    numbers.set(name, (numbers.get(name) ?? 0) + 1);
  }
  const named = [...numbers].toSorted(([, a], [, b]) => b - a).slice(0, MAX_NAMED);
  const left = requests.length - named.reduce((sum, [, number]) => sum + number, 0);
  const words = named.map(([name, number]) => (number === 1 ? name : `${name} (${number} times)`)).join(', ');
  return countCutOffInWords(requests.length, seconds, `: ${words}${left === 0 ? '' : ` and ${left} more`}`);
}
