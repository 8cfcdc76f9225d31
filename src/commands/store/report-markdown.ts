import type { Report, Section } from './report-model.ts';
import { plain } from '../../reading/plain.ts';

/** The report as Markdown. Names from elsewhere cannot become a link, an image, HTML or a mention of somebody. */
export function markdownOf({ title, about, sections }: Report): string {
  const parts = [
    `# ${escaped(title)}`,
    about.map(escaped).join('  \n'),
    ...sections.flatMap((section) => [`## ${escaped(section.title)}`, ...pointsOf(section), ...tableOf(section)]),
  ];
  return `${parts.join('\n\n')}\n`;
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
