import { readiness } from '../../reading/ready-words.ts';
import type { Filter } from '../../store/filter.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { Section } from './report-shape.ts';

/** Not for one client or one tool: the question is about all of them. */
export function sessionsOff(reader: StoreReader, filter: Filter): Section[] {
  if (filter.client !== undefined || filter.tool !== undefined) return [];
  const all = reader.ready(filter).map(readiness);
  return [
    {
      title: 'Can sessions be switched off?',
      points: all.map(({ server, sentence }) => `${server}: ${sentence}`),
      table: {
        head: [
          ['server', 'left'],
          ['', 'left'],
          ['what', 'left'],
          ['what to do', 'left'],
        ],
        rows: all.flatMap(({ server, obstacles, notes }) => [
          ...obstacles.map(({ text, todo }) => [server, 'in the way', text, todo]),
          ...notes.map(({ text, todo }) => [server, 'worth knowing', text, todo]),
        ]),
      },
    },
  ];
}
