import { readiness, type Point, type Readiness } from '../../reading/ready-words.ts';
import { textField, type Fields } from './fields.ts';
import { quoted, unquoted } from './harmless.ts';
import { quotedReady } from './quoted-figures.ts';
import { SERVER, SINCE } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';

interface Row extends Point {
  server: string;
  answer: Readiness['answer'];
  kind: 'in the way' | 'worth knowing' | 'nothing';
}

const FIELDS: Fields<Row> = {
  server: textField(({ server }) => unquoted(server)),
  answer: textField(({ answer }) => answer, 'of the server: yes, no or unknown (too little traffic)'),
  kind: textField(({ kind }) => kind, 'nothing: the server has nothing in the way and nothing worth knowing'),
  text: textField(({ text }) => text),
  todo: textField(({ todo }) => todo, 'what to do about it'),
};

export const sessionsOff = assistantTool({
  name: 'sessions_off',
  title: 'Can sessions be switched off?',
  description:
    'For each server: whether it could do without sessions and initialize, as MCP 2026-07-28 does; which clients and tools stand in the way and what to do about each; which rules of that revision the traffic breaks.',
  takes: { server: SERVER, since: SINCE },
  rows: 30,
  fields: FIELDS,
  find(reader, { server, since }) {
    const all = reader.ready({ server, since }).map((figures) => readiness(quotedReady(figures)));
    const rows = all.flatMap(rowsOf);
    return {
      rows,
      total: rows.length,
      notes:
        all.length === 0
          ? nothingFound(reader, 'requests', { server })
          : all.map((each) => `${quoted(unquoted(each.server) ?? '')}: ${each.sentence}`),
    };
  },
});

function rowsOf({ server, answer, obstacles, notes }: Readiness): Row[] {
  const rows = [
    ...obstacles.map((point): Row => ({ server, answer, kind: 'in the way', ...point })),
    ...notes.map((point): Row => ({ server, answer, kind: 'worth knowing', ...point })),
  ];
  return rows.length > 0 ? rows : [{ server, answer, kind: 'nothing', text: '', todo: '' }];
}
