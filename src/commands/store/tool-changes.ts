import { effectInWords, isDangerousChange, kindsInWords } from '../../reading/change-words.ts';
import { definitionDiff, type DiffLine } from '../../reading/definition-diff.ts';
import { dateTime } from '../../reading/figures.ts';
import { plain } from '../../reading/plain.ts';
import type { ChangeEffect } from '../../store/change-effects.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { StoredToolChange } from '../../store/tool-change-queries.ts';
import { painted, type Colour, type Out } from '../terminal/out.ts';
import { table, type Column } from '../terminal/table.ts';
import { prose } from '../terminal/text.ts';
import { filterInWords, isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { serverColumn } from './server-column.ts';

const DEFAULT_LIMIT = 50;
/** Diffs are long. */
const DEFAULT_DIFFS = 5;
/** What followed is counted for so many of the latest changes. */
const MAX_EFFECTS = 20;

/** `mcpspan tools --changes`: when tools changed, what changed, and what followed. With a tool, its definitions compared. */
export function toolChanges(reader: StoreReader, { filter, json, now }: Question, tool: string, out: Out): void {
  const { since, server } = filter;
  const asked = { since, server, tool: tool === '' ? filter.tool : tool };
  const all = reader.toolChanges(asked);
  const found = all.slice(0, filter.limit ?? (tool === '' || json ? DEFAULT_LIMIT : DEFAULT_DIFFS));
  const effects = new Map(reader.changeEffects(found.slice(0, MAX_EFFECTS)).map((each) => [each.change.id, each]));
  const followed = ({ id }: StoredToolChange): ChangeEffect | undefined => effects.get(id);
  if (json) {
    out.write(jsonOf(found.map((change) => changeJson(reader, change, followed(change), now))));
    return;
  }
  if (found.length === 0) {
    out.write(nothingChanged(reader, asked, out));
    return;
  }
  const left = leftOut(found.length, all.length, 'changes, the latest first', asked);
  if (tool === '') out.write(table(columnsOf(found), found, out));
  else for (const change of found) writeDiff(reader, change, out);
  const notes = prose(
    [
      ...found.map((change) => {
        const effect = followed(change);
        const words = effect === undefined ? '' : effectInWords(effect, now);
        return words === '' ? '' : `${change.tool}: ${words}`;
      }),
      left,
    ],
    out,
  );
  if (notes !== '') out.write(`\n${notes}`);
}

function nothingChanged(reader: StoreReader, asked: Question['filter'], out: Out): string {
  const { operations, tools } = reader.contents();
  if (operations === 0 || (asked.tool !== undefined && !tools.includes(asked.tool)))
    return nothingFound(reader, 'changes', asked, out);
  return prose(
    [`No change${filterInWords(asked)}: each tool is as it was when first listed. See them: mcpspan tools`],
    out,
  );
}

const columnsOf = (rows: readonly StoredToolChange[]): Column<StoredToolChange>[] => [
  { title: 'when', side: 'left', cell: ({ at }) => dateTime(at) },
  ...serverColumn(rows),
  { title: 'tool', side: 'left', cell: ({ tool }) => tool, least: 12 },
  {
    title: 'what changed',
    side: 'left',
    cell: kindsInWords,
    least: 12,
    colour: (change) => (isDangerousChange(change) ? 'red' : undefined),
  },
];

const MARKS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', old: '-', new: '+', gap: '…' };
const COLOURS: Readonly<Record<DiffLine['kind'], Colour | undefined>> = {
  same: undefined,
  old: 'red',
  new: 'green',
  gap: 'dim',
};

function writeDiff(reader: StoreReader, change: StoredToolChange, out: Out): void {
  const { server, tool, at } = change;
  const { before, after, lacking } = reader.changedDefinitions(change);
  const name = plain(`${server} ${tool}`);
  const heads = [`--- ${name} (until ${dateTime(at)})`, `+++ ${name} (since ${dateTime(at)})`];
  const lines = [
    painted(heads[0] ?? '', 'bold', out),
    painted(heads[1] ?? '', 'bold', out),
    painted(plain(kindsInWords(change)), isDangerousChange(change) ? 'red' : 'dim', out),
    ...(lacking
      ? ['A definition was not kept: it is too large, or too old.']
      : definitionDiff(before, after).map(({ kind, text }) => painted(`${MARKS[kind]}${text}`, COLOURS[kind], out))),
  ];
  out.write(`${lines.join('\n')}\n`);
}

function changeJson(
  reader: StoreReader,
  change: StoredToolChange,
  effect: ChangeEffect | undefined,
  now: number,
): Record<string, unknown> {
  const { before, after } = reader.changedDefinitions(change);
  const definitionOf = (text: string | undefined): unknown => (text === undefined ? null : JSON.parse(text));
  return {
    at: isoTime(change.at),
    server: change.server,
    tool: change.tool,
    kinds: change.kinds,
    dangerous: isDangerousChange(change),
    before: definitionOf(before),
    after: definitionOf(after),
    effect: effect === undefined ? null : { says: effectInWords(effect, now), ...effect, change: undefined },
  };
}
