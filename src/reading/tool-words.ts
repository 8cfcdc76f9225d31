import type { ToolFigures } from '../store/tool-figures.ts';
import { bytes, dateTime } from './figures.ts';

/** What is odd about a tool, a sentence each. */
export function oddities({ tool, clients }: ToolFigures): string[] {
  return clients.flatMap((each) => {
    if (each.oddity === 'empty') {
      const others = clients.filter((other) => other !== each).map((other) => other.medianAnswerBytes ?? 0);
      return [
        `${tool} answers ${each.client} with next to nothing (median ${bytes(each.medianAnswerBytes)}, others up to ${bytes(
          Math.max(0, ...others),
        )}): state that it keeps per session may be lost between calls; mcpspan probe finds out`,
      ];
    }
    if (each.oddity !== 'failing') return [];
    return [
      `${tool} fails for ${each.client} (${each.errors} of ${each.calls} calls) and for hardly anybody else: ` +
        'look at one with mcpspan slow --status error',
    ];
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
