import type { Finding, Judgement } from './finding.ts';
import { remarksOn } from './remarks.ts';
import type { Report, Verdict } from './verdict.ts';

const MOST_DIFFERENCES = 4;

/** A report as people read it, the verdict first. */
export function inWords(report: Report, colours: boolean): string {
  const bold = (text: string): string => (colours ? `\u001B[1m${text}\u001B[22m` : text);
  return [
    `mcpspan probe ${report.url}${aboutServer(report)}`,
    '',
    ...verdict(report.verdict, report, bold),
    ...table(report),
    ...report.findings.flatMap((finding) => differences(finding, report)),
    ...advice(report, bold),
    ...measured(report, bold),
    ...leftOut(report, bold),
    '',
  ].join('\n');
}

function aboutServer({ ground, as }: Report): string {
  if (ground === undefined) return '';
  const { name, version } = ground.server;
  const eras = [ground.legacy?.version, ground.modern ? '2026-07-28' : undefined].filter((era) => era !== undefined);
  const who = [name, version].filter((part) => part !== undefined).join(' ');
  return `  (${[who, eras.join(' and ')].filter((part) => part !== '').join(', ')}${as === undefined ? '' : `; as ${as}`})`;
}

function verdict(
  found: Verdict,
  { findings, rounds, leftOut: left }: Report,
  bold: (text: string) => string,
): string[] {
  switch (found.kind) {
    case 'depends': {
      const names = [...new Set(found.findings.map(({ title }) => title))].join(', ');
      const count = found.findings.length;
      return [
        bold(`${count} of ${findings.length} calls ${count === 1 ? 'DEPENDS' : 'DEPEND'} ON THE SESSION: ${names}`),
        `Seen in all of ${rounds} rounds: clients that do not keep one session get another answer.`,
      ];
    }
    case 'shut-out':
      return [bold('NO CALL GETS THROUGH without a session id, and this client never sends one.'), found.said];
    case 'independent':
      return [
        bold(`No dependence on the session found: ${found.compared} of ${findings.length} calls compared, all alike.`),
        ...(left.length > 0
          ? [`${left.length} left out (see below): with what they write, a dependence may show.`]
          : []),
      ];
    case 'nothing-tested':
      return [bold(`Nothing tested: ${found.why}`), `  → ${found.cure}`];
  }
}

function table({ findings, modes }: Report): string[] {
  if (findings.length === 0) return [];
  const [, ...others] = modes;
  const rows = [
    ['call', ...modes.map(({ title }) => title)],
    ...findings.map((finding, index) => [
      `${index + 1} ${finding.title}`,
      finding.first ?? 'varies',
      ...others.map(({ name }) => wordFor(finding.judgements.get(name))),
    ]),
  ];
  const widths = modes.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return ['', ...lines.map((line) => `  ${line.trimEnd()}`)];
}

function wordFor(judgement: Judgement | undefined): string {
  switch (judgement?.kind) {
    case undefined:
      return '–';
    case 'same':
      return judgement.varies ? 'same (content varies)' : 'same';
    case 'differs':
      return 'DIFFERS';
    case 'refused':
      return 'refused';
    case 'unclear':
      return 'unclear';
  }
}

function differences({ title, call, judgements }: Finding, { modes }: Report): string[] {
  const [first, ...others] = modes;
  return others.flatMap((mode) => {
    const judgement = judgements.get(mode.name);
    if (judgement?.kind === 'unclear') return ['', `${title}, ${mode.title}: unclear: ${judgement.why}`];
    if (judgement?.kind !== 'differs' || first === undefined) return [];
    const shown = judgement.differences.slice(0, MOST_DIFFERENCES);
    const width = Math.max(first.title.length, mode.title.length);
    const more = judgement.differences.length - shown.length;
    return [
      '',
      `${title}${/^\d+$/.test(call.name) ? '' : ` (${call.name})`}, ${mode.title}:`,
      ...shown.flatMap(({ path, one, other }) => [
        ...(path === '' ? [] : [`  ${path}`]),
        `    - ${first.title.padEnd(width)}  ${one}`,
        `    + ${mode.title.padEnd(width)}  ${other}`,
      ]),
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ];
  });
}

function advice(report: Report, bold: (text: string) => string): string[] {
  const paragraphs = adviceFor(report);
  if (paragraphs.length === 0) return [];
  return ['', bold('What to do'), ...paragraphs.flatMap((paragraph) => wrapped(paragraph))];
}

const WIDTH = 98;

/** A paragraph as lines of a list; a flag stays with its value. */
function wrapped(paragraph: string): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(/(?<!--[\w-]+) /)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH)
      lines.push(`${last === undefined ? '  →' : '   '} ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** What follows from the findings for the owner of the server. */
export function adviceFor({ verdict: found, findings, as }: Report): string[] {
  const advised: string[] = [];
  if (found.kind === 'depends') {
    advised.push(
      'Keep this state by something that outlives the session: the signed-in user, a conversation key that the client sends, or a handle that one tool gives and the next takes; in a store that every replica shares, such as Redis.',
    );
    if (as === undefined)
      advised.push(
        'Kept by conversation already? Probe as a client that names its conversation: --as chatgpt-2025, or --as vscode. Kept by user? Say who calls: --header "Authorization: Bearer …".',
      );
  }
  const refused = findings
    .map(({ judgements }) => judgements.get('no-session-id'))
    .find((one) => one?.kind === 'refused');
  if (refused?.kind === 'refused')
    advised.push(
      `Calls without a session id are refused (${refused.said}). Clients that send none, as ChatGPT since spring 2026, cannot call: serve such requests without a session (TypeScript SDK: sessionIdGenerator: undefined).`,
    );
  return advised;
}

function measured({ measures }: Report, bold: (text: string) => string): string[] {
  if (measures === undefined) return [];
  const remarks = remarksOn(measures);
  const width = Math.max(...remarks.map(({ what }) => what.length));
  return [
    '',
    bold('Measured'),
    ...remarks.flatMap(({ what, found, cure }) => [
      `  ${cure === undefined ? ' ' : '!'} ${what.padEnd(width)}  ${found}`,
      ...(cure === undefined ? [] : [`    ${' '.repeat(width)}  → ${cure}`]),
    ]),
  ];
}

function leftOut({ leftOut: left }: Report, bold: (text: string) => string): string[] {
  if (left.length === 0) return [];
  return ['', bold('Left out'), ...left.map(({ what, why }) => `  ${what}: ${why}`)];
}
