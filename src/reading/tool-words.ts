import type { ToolFigures } from '../store/tool-figures.ts';
import { bytes, dateTime } from './figures.ts';

/** A tool that serves one client unlike the others, in a sentence without its full stop. */
export interface Oddity {
  client: string;
  text: string;
}

export function oddities({ tool, clients }: ToolFigures): Oddity[] {
  return clients.flatMap((each): Oddity[] => {
    const { client, oddity, errors, calls, medianAnswerBytes } = each;
    if (oddity === 'empty') {
      const others = clients.filter((other) => other !== each).map((other) => other.medianAnswerBytes ?? 0);
      const sizes = `median ${bytes(medianAnswerBytes)}, others up to ${bytes(Math.max(0, ...others))}`;
      return [{ client, text: `${tool} answers ${client} with almost nothing (${sizes})` }];
    }
    if (oddity !== 'failing') return [];
    return [{ client, text: `${tool} fails for ${client} (${errors} of ${calls} calls) and for almost nobody else` }];
  });
}

export function changeOf({ calls, definition }: ToolFigures): string {
  if (definition === undefined) return '';
  const changed =
    definition.changedAt === undefined
      ? ''
      : `changed ${dateTime(definition.changedAt)} (${definition.versions} definitions)`;
  return [calls === 0 ? 'unused' : '', changed].filter((part) => part !== '').join(', ');
}
