import type { StoreReader } from '../../store/reader.ts';
import { countColumn, percentColumn, textColumn } from '../../reading/column.ts';
import { clockTime } from '../../reading/figures.ts';
import { readiness, readyExitCode, type JudgedClient, type Point, type Readiness } from '../../reading/ready-words.ts';
import { isoTime, jsonOf, nothingFound, type Question } from './filters.ts';
import { columnFrom, table, type Column } from '../terminal/table.ts';
import { painted, type Colour, type Out } from '../terminal/out.ts';
import { prose, wrapped } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';

const TONES: Readonly<Record<Readiness['answer'], Colour>> = { yes: 'green', no: 'red', unknown: 'yellow' };

/**
 * `mcpspan ready`: can sessions be switched off, and what stands in the way. Returns the exit code: 0 yes, 1 no, 2 no such
 * server, 3 not known yet.
 */
export function ready(reader: StoreReader, { filter, json, now }: Question, out: Out): number {
  const all = reader.ready(filter).map(readiness);
  if (json) {
    out.write(jsonOf(all.map(readyJson)));
    return all.length === 0 ? 2 : readyExitCode(all);
  }
  if (all.length === 0) {
    out.write(nothingFound(reader, 'requests', filter, out));
    return 2;
  }
  all.forEach((each, index) => {
    if (index > 0) out.write('\n');
    one(each, now, out);
  });
  return readyExitCode(all);
}

function one({ server, answer, sentence, clients, obstacles, notes }: Readiness, now: number, out: Out): void {
  out.write(`${painted(`Can sessions be switched off at ${plain(server)}?`, 'bold', out)}\n`);
  out.write(painted(prose([sentence], out).trimEnd(), TONES[answer], out));
  out.write('\n');
  if (clients.length > 0) out.write(`\n${table(columnsOf(now), clients, out)}`);
  list(answer === 'unknown' ? 'In the way, as far as it is known' : 'In the way', obstacles, out);
  list('Worth knowing', notes, out);
}

function list(title: string, points: readonly Point[], out: Out): void {
  if (points.length === 0) return;
  out.write(`\n${painted(title, 'bold', out)}\n`);
  for (const { text, todo } of points) {
    out.write(`${wrapped(plain(text), out.columns, { first: '- ', rest: '  ' })}\n`);
    out.write(`${wrapped(plain(todo), out.columns, { first: '  → ', rest: '    ' })}\n`);
  }
}

function columnsOf(now: number): Column<JudgedClient>[] {
  const text = (id: string, value: (row: JudgedClient) => string | undefined) =>
    textColumn<JudgedClient>(id, id, value);
  return [
    columnFrom(
      text('client', ({ client }) => client),
      now,
      { least: 10 },
    ),
    columnFrom(
      text('version', ({ versions }) => versions.join(', ') || undefined),
      now,
      { least: 6, spare: 2 },
    ),
    columnFrom(
      text('needs', ({ needs }) => needs),
      now,
      {
        colour: ({ needs }) => (needs === 'nothing' ? 'green' : needs === 'the server' ? 'yellow' : 'red'),
      },
    ),
    columnFrom(
      countColumn<JudgedClient>('calls', 'calls', ({ calls }) => calls),
      now,
    ),
    columnFrom(
      percentColumn<JudgedClient>('share', 'share', ({ share }) => share),
      now,
    ),
    columnFrom(
      text('key', ({ sendsKey }) => (sendsKey ? 'yes' : 'no')),
      now,
      { spare: 3 },
    ),
    columnFrom(
      text('first', ({ firstAt }) => clockTime(firstAt, now)),
      now,
      { spare: 4 },
    ),
    columnFrom(
      text('last', ({ lastAt }) => clockTime(lastAt, now)),
      now,
      { spare: 1 },
    ),
  ];
}

const readyJson = ({ clients, ...rest }: Readiness): Record<string, unknown> => ({
  ...rest,
  clients: clients.map(({ firstAt, lastAt, share, ...client }) => ({
    ...client,
    share: share ?? null,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
  })),
});
