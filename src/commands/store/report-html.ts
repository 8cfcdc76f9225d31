import { clockTime } from '../../reading/figures.ts';
import { DARK_COLOURS, LIGHT_COLOURS, NAMED_COLOURS } from '../../reading/lanes/colours.ts';
import { lanePicture } from '../../reading/lanes/picture.ts';
import { axisInWords, LANES_TITLE } from '../../reading/lanes/words.ts';
import { escaped, markupOf } from './markup.ts';
import type { Report, Section } from './report-shape.ts';

const variables = Object.entries(NAMED_COLOURS).map(([name, named]) => {
  // Of the same names.
  const colour = name as keyof typeof NAMED_COLOURS;
  return `${named.slice('var('.length, -1)}: light-dark(${LIGHT_COLOURS[colour]}, ${DARK_COLOURS[colour]});`;
});
const STYLE = `
:root { ${variables.join(' ')} }
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 88rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
.about { opacity: 0.75; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: bottom; }
td { white-space: nowrap; }
td.sentence { min-width: 18rem; white-space: normal; }
th { font-weight: 600; min-width: 3.5rem; }
.right { text-align: right; font-variant-numeric: tabular-nums; }
li { overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; font-size: 11px; } .scroll { overflow: visible; } }
`;

/** The report as one HTML file, which loads nothing and runs nothing. */
export function htmlOf(report: Report): string {
  const { title, about, sections } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="about">${about.map(escaped).join('<br>')}</p>
${lanesIn(report)}${sections.map(sectionOf).join('\n')}
</body>
</html>
`;
}

const PICTURE_PX = 1_100;

function lanesIn({ lanes, at }: Report): string {
  if (lanes === undefined || lanes.groups.length === 0) return '';
  const picture = lanePicture(lanes, {
    width: PICTURE_PX,
    colours: NAMED_COLOURS,
    now: at,
    timeOf: (time) => clockTime(time, at),
    origin: new Date(at).getTimezoneOffset() * 60_000,
    titles: true,
  });
  return `<h2>${LANES_TITLE}</h2>
<p class="about">${escaped(axisInWords(lanes, at))}</p>
<div class="scroll">${markupOf(picture)}</div>
`;
}

function sectionOf({ title, points, table }: Section): string {
  const rows = table?.rows ?? [];
  const list =
    points.length > 0
      ? `<ul>\n${points.map((point) => `<li>${escaped(point)}</li>`).join('\n')}\n</ul>`
      : rows.length === 0
        ? '<p>nothing</p>'
        : '';
  return `<h2>${escaped(title)}</h2>\n${list}${rows.length === 0 ? '' : tableOf(table)}`;
}

/** Names and figures stand in one line each, sentences do not. */
const MAX_NAME_CHARS = 60;
const cellOf = (cell: string, side: string): string =>
  `<td${cell.length > MAX_NAME_CHARS ? ' class="sentence"' : side}>${escaped(cell)}</td>`;

function tableOf(table: Section['table']): string {
  if (table === undefined) return '';
  const sides = table.head.map(([, side]) => (side === 'right' ? ' class="right"' : ''));
  const head = table.head.map(([title], index) => `<th scope="col"${sides[index]}>${escaped(title)}</th>`).join('');
  const body = table.rows
    .map((row) => `<tr>${row.map((cell, index) => cellOf(cell, sides[index] ?? '')).join('')}</tr>`)
    .join('\n');
  return `\n<div class="scroll"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}
