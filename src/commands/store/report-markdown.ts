import type { Lanes } from '../../reading/lanes/lanes.ts';
import { laneLines } from './lane-lines.ts';
import type { Report, Section } from './report-shape.ts';
import { plain } from '../../reading/plain.ts';

const LANE_COLUMNS = 100;

/** The report as Markdown. Names from elsewhere cannot become a link, an image, HTML or a mention of somebody. */
export function markdownOf({ title, about, sections, lanes, at }: Report): string {
  const parts = [
    `# ${escaped(title)}`,
    about.map(escaped).join('  \n'),
    ...lanesIn(lanes, at),
    ...sections.flatMap((section) => [`## ${escaped(section.title)}`, ...pointsOf(section), ...tableOf(section)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A block of code begins with four spaces. Nothing in it should have a meaning; who reads it otherwise finds none either. */
function lanesIn(lanes: Lanes | undefined, at: number): string[] {
  if (lanes === undefined) return [];
  const [title = '', ...lines] = laneLines(lanes, at, { columns: LANE_COLUMNS, colours: false });
  return lines.length === 0 ? [] : [`## ${escaped(title)}`, lines.map((line) => `    ${harmless(line)}`).join('\n')];
}

function pointsOf({ points, table }: Section): string[] {
  if (points.length > 0) return [points.map((point) => `- ${escaped(point)}`).join('\n')];
  return table === undefined || table.rows.length === 0 ? ['- nothing'] : [];
}

function tableOf({ table }: Section): string[] {
  if (table === undefined || table.rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    [
      line(table.head.map(([title]) => escaped(title))),
      line(table.head.map(([, side]) => (side === 'right' ? '--:' : '---'))),
      ...table.rows.map((row) => line(row.map(escaped))),
    ].join('\n'),
  ];
}

const ZERO_WIDTH = '\u200B';

const harmless = (line: string): string => line.replaceAll(/[<@#]|:(?=\/\/)|\bwww(?=\.)/g, `$&${ZERO_WIDTH}`);

function escaped(text: string): string {
  return (
    plain(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_[\]()|~!{}+]/g, String.raw`\$&`)
      // GitHub looks for these in rendered text, where a backslash is gone.
      .replaceAll(/[@#]|:(?=\/\/)|\bwww(?=\.)/g, `$&${ZERO_WIDTH}`)
  );
}
