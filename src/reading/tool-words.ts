import type { ToolFigures } from '../store/tool-figures.ts';
import { bytes, dateTime } from './figures.ts';

/** A tool that serves one client unlike the others, in a sentence without its full stop. */
export interface Oddity {
  client: string;
  text: string;
  /** The status of the calls that it is about; undefined: they succeeded. */
  status: 'failed' | 'rejected' | undefined;
  /** How many calls went wrong, or were made where they only look odd. */
  calls: number;
}

export function oddities({ tool, clients }: ToolFigures): Oddity[] {
  return clients.flatMap((each): Oddity[] => {
    const { client, oddity, failed, rejected, calls, medianAnswerBytes } = each;
    switch (oddity) {
      case 'empty': {
        const others = clients.filter((other) => other !== each).map((other) => other.medianAnswerBytes ?? 0);
        const sizes = `median ${bytes(medianAnswerBytes)}, others up to ${bytes(Math.max(0, ...others))}`;
        return [{ client, text: `${tool} answers ${client} with almost nothing (${sizes})`, status: undefined, calls }];
      }
      case 'failing': {
        const text = `${tool} fails for ${client} (${failed} of ${calls} calls) and for almost nobody else`;
        return [{ client, text, status: 'failed', calls: failed }];
      }
      case 'rejected': {
        const text = `${tool} rejects calls of ${client} (${rejected} of ${calls}) and of almost nobody else`;
        return [{ client, text, status: 'rejected', calls: rejected }];
      }
      case undefined:
        return [];
    }
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
