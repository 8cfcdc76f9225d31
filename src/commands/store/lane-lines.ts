import { charactersOf, MARK_CHARACTERS } from '../../reading/lanes/characters.ts';
import { lanesOf, type LaneRoom, type Lanes } from '../../reading/lanes/lanes.ts';
import type { Filter } from '../../store/filter.ts';
import type { StoreReader } from '../../store/reader.ts';
import { clockTime } from '../../reading/figures.ts';
import { axisInWords, kindsIn, LANES_TITLE, MARK_TITLES, moreInWords, sizeInWords } from '../../reading/lanes/words.ts';
import { painted, type Colour, type Out } from '../terminal/out.ts';
import { elided, padded, widthOf, wrapped } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';

/** For the picture of a report, and the one below a table. */
const ROOM: LaneRoom = { clients: 8, rows: 24, moment: 'richest' };
const DEFAULT_COLUMNS = 80;
const MAX_COLUMNS = 140;
const MAX_NAME_COLUMNS = 22;
/** With less room the words are left out. */
const MIN_LANE_COLUMNS = 24;
const GAP = '  ';

const COLOURS: Readonly<Record<string, Colour>> = {
  [MARK_CHARACTERS.handshake]: 'yellow',
  [MARK_CHARACTERS.rejected]: 'yellow',
  [MARK_CHARACTERS.failed]: 'red',
};

/** What there is to show of a store. */
export const lanesIn = (reader: StoreReader, filter: Filter): Lanes =>
  lanesOf(reader.lanes(filter), ROOM, (asked) => reader.marks(asked));

/** Characters of a lane, with the colours of their marks. */
export const paintedLane = (line: string, out: Pick<Out, 'colours'>): string =>
  out.colours ? Array.from(line, (character) => painted(character, COLOURS[character], out)).join('') : line;

/** How clients use sessions: a line of characters for each lane, with its client and its words; none: nothing is to be seen. */
export function laneLines(lanes: Lanes, now: number, out: Omit<Out, 'write'>): string[] {
  if (lanes.groups.length === 0) return [];
  const columns = Math.min(MAX_COLUMNS, out.columns ?? DEFAULT_COLUMNS);
  const several = lanes.groups.some(({ server }) => server !== lanes.groups[0]?.server);
  const groups = lanes.groups.map((group) => {
    const name = elided(plain(several ? `${group.client} ${group.server}` : group.client), MAX_NAME_COLUMNS);
    return { group, name, words: [sizeInWords(group), moreInWords(group)].filter((text) => text !== '') };
  });
  const nameWidth = Math.max(...groups.map(({ name }) => widthOf(name)));
  const wordsWidth = Math.max(...groups.flatMap(({ words }) => words.map(widthOf)));
  const beside = columns - nameWidth - GAP.length - wordsWidth - GAP.length;
  const hasWords = beside >= MIN_LANE_COLUMNS;
  const width = Math.max(1, hasWords ? beside : columns - nameWidth - GAP.length);
  const rows = groups.flatMap(({ group, name, words }) =>
    group.lanes
      .flatMap((lane) => charactersOf(lane, lanes, width))
      .map((line, index) => {
        const left = padded(index === 0 ? name : '', nameWidth, 'left');
        const right = hasWords ? (words[index] ?? '') : '';
        const space = ' '.repeat(width - widthOf(line));
        return `${left}${GAP}${paintedLane(line, out)}${space}${GAP}${right}`.trimEnd();
      }),
  );
  return [
    painted(elided(`${LANES_TITLE}, ${axisInWords(lanes, now)}`, columns), 'bold', out),
    ...rows,
    `${' '.repeat(nameWidth)}${GAP}${ends(clockTime(lanes.from, now), clockTime(lanes.to, now), width)}`,
    ...wrapped(legendOf(lanes), columns)
      .split('\n')
      .map((line) => painted(line, 'dim', out)),
  ];
}

const ends = (left: string, right: string, width: number): string =>
  left + ' '.repeat(Math.max(1, width - left.length - right.length)) + right;

/** What the characters mean. */
function legendOf(lanes: Lanes): string {
  const boxes = lanes.groups.flatMap((group) => group.lanes.flatMap((lane) => lane.boxes));
  return [
    ...(boxes.some(({ real }) => real) ? ['[ ] one session'] : []),
    ...(boxes.some(({ real }) => !real) ? ['( ) no session id'] : []),
    ...kindsIn(lanes).map((kind) => `${MARK_CHARACTERS[kind]} ${MARK_TITLES[kind]}`),
  ].join(', ');
}
