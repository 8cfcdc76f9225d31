import { dateTime } from '../../reading/figures.ts';
import { modernVersion } from '../../simulator/profile.ts';
import { painted, type Out } from '../terminal/out.ts';
import { tableRows, type Column } from '../terminal/table.ts';
import { wrapped } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';
import type { LeftOut } from './calls.ts';
import type { Finding, Judgement } from './finding.ts';
import { remarksOn, type Remark } from './remarks.ts';
import type { Mode, ModeName } from './mode.ts';
import { saidWithoutId, type Report } from './verdict.ts';

const MAX_DIFFERENCES = 4;

/** A line of the report; a bold one is to be seen first. */
type Line = string | { readonly bold: string };

const bold = (text: string): Line => ({ bold: text });

/** The report may be piped or copied: its lines are never cut. */
const NEVER_CUT = { columns: undefined, colours: false } as const;

/** A report as people read it, the verdict first. Text from the server moves no cursor. */
export function reportText(report: Report, colours: Out['colours']): string {
  const lines: Line[] = [
    `mcpspan probe ${report.url}${aboutServer(report)}`,
    ...aboutSession(report),
    '',
    ...verdict(report),
    ...table(report),
    ...report.findings.flatMap((finding) => differences(finding, report)),
    ...advice(report),
    ...measured(report),
    ...leftOut(report),
    '',
  ];
  return lines
    .map((line) => (typeof line === 'string' ? plain(line) : painted(plain(line.bold), 'bold', { colours })))
    .join('\n');
}

function aboutServer({ survey, as }: Report): string {
  if (survey === undefined) return '';
  const { name, version } = survey.server;
  const eras = [survey.legacy?.version, survey.modern ? '2026-07-28' : undefined].filter((era) => era !== undefined);
  const who = [name, version].filter((part) => part !== undefined).join(' ');
  return `  (${[who, eras.join(' and ')].filter((part) => part !== '').join(', ')}${as === undefined ? '' : `; as ${as}`})`;
}

function aboutSession({ recorded }: Report): string[] {
  if (recorded === undefined) return [];
  const { session, client, server, openedAt, answers, gone, calls } = recorded;
  const lines = [`with the calls of session ${session} (${client} at ${server}, ${dateTime(openedAt)})`];
  if (gone > 0)
    lines.push(`  ${gone} of its operations are no longer in the store: later calls may miss their results`);
  if (!answers && calls.length > 1)
    lines.push('  its answers were not captured (--capture results): later calls send the ids of that time');
  return lines;
}

function verdict({ verdict: found, as, findings, rounds, modes, leftOut: left }: Report): Line[] {
  switch (found.kind) {
    case 'depends': {
      const names = [...new Set(found.findings.map(({ title }) => title))].join(', ');
      const count = found.findings.length;
      return [
        bold(`${count} of ${findings.length} calls ${count === 1 ? 'DEPENDS' : 'DEPEND'} ON THE SESSION: ${names}`),
        `Seen in each of ${rounds} rounds: ${othersOf(found.findings, modes)} get a different answer from a client that keeps its session.`,
      ];
    }
    case 'shut-out':
      return [
        bold(`NO CALL OF ${as} GETS THROUGH: ${found.because}.`),
        ...(found.said === undefined ? [] : [`The server says: ${found.said}`]),
        ...(found.compared === 0
          ? []
          : [
              `Within sessions, ${found.compared} of ${findings.length} calls were compared, all alike: no dependence found.`,
            ]),
      ];
    case 'independent': {
      const failing = findings.filter(({ fails }) => fails);
      return [
        bold(`No dependence on the session found: ${found.compared} of ${findings.length} calls compared, all alike.`),
        ...(failing.length === 0 ? [] : [`${aboutFailing(failing)}: calls that succeed may show a dependence.`]),
        ...(left.length === 0 ? [] : [`${left.length} left out (see below): such calls may show a dependence.`]),
      ];
    }
    case 'nothing-tested':
      return [bold(`Nothing tested: ${found.why}`), `  → ${found.cure}`];
  }
}

const WHO: Readonly<Record<ModeName, string>> = {
  'one-session': 'clients that keep one session',
  'session-per-call': 'clients that open a session for every call',
  'no-session-id': 'clients that send no session id',
  modern: 'clients of a revision without sessions',
  'one-connection': 'clients that keep one connection',
  'connection-per-call': 'clients that open a connection for every call',
};

/** The clients that get a different answer. */
const othersOf = (findings: readonly Finding[], modes: readonly Mode[]): string =>
  modes
    .filter(({ name }) => findings.some(({ judgements }) => judgements.get(name)?.kind === 'differs'))
    .map(({ name }) => WHO[name])
    .join(', ');

function aboutFailing(failing: readonly Finding[]): string {
  const [first] = failing;
  const how = `${first?.first ?? 'error'}: ${first?.said ?? ''}`;
  return failing.length === 1
    ? `${first?.title} fails even in one session (${how})`
    : `${failing.length} calls fail even in one session (${first?.title}: ${how}; …)`;
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
  return ['', ...tableRows(textColumns(modes.length + 1), rows, { ...NEVER_CUT, indent: 2 })];
}

/** Columns for rows that are lists of texts. */
const textColumns = (count: number): Column<readonly string[]>[] =>
  Array.from({ length: count }, (_, index) => ({ title: '', side: 'left', cell: (row) => row[index] ?? '' }));

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
    const few = judgement.differences.slice(0, MAX_DIFFERENCES);
    const more = judgement.differences.length - few.length;
    return [
      '',
      `${title}${/^\d+$/.test(call.name) ? '' : ` (${call.name})`}, ${mode.title}:`,
      ...few.flatMap(({ path, one, other }) => [
        ...(path === '' ? [] : [`  ${path}`]),
        ...tableRows(
          textColumns(2),
          [
            [`- ${first.title}`, one],
            [`+ ${mode.title}`, other],
          ],
          { ...NEVER_CUT, indent: 4 },
        ),
      ]),
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ];
  });
}

function advice(report: Report): Line[] {
  const paragraphs = adviceFor(report).flatMap((paragraph) =>
    wrapped(paragraph, ADVICE_COLUMNS, ADVICE_LEAD).split('\n'),
  );
  return paragraphs.length === 0 ? [] : ['', bold('What to do'), ...paragraphs];
}

const ADVICE_COLUMNS = 98;
const ADVICE_LEAD = { first: '  → ', rest: '    ' };

/** What the owner of the server should do. */
export function adviceFor({ verdict: found, findings, as }: Report): string[] {
  const advised: string[] = [];
  if (found.kind === 'depends') {
    advised.push(
      'Keep this state under something that outlives the session: the signed-in user, a conversation key that the client sends, or a handle that one tool returns and the next takes. Use a store that every replica shares, such as Redis.',
    );
    if (as === undefined)
      advised.push(
        'Do you keep it by conversation already? Probe as a client that names its conversation: --as chatgpt-2025, or --as vscode. By user? Say who calls: --header "Authorization: Bearer …".',
      );
  }
  if (found.kind === 'shut-out' && found.said === undefined)
    advised.push(
      `Such clients call without a handshake: serve ${modernVersion} too (server/discover, and requests that need no session), beside the earlier revisions.`,
    );
  const refused = saidWithoutId(findings);
  if (refused !== undefined)
    advised.push(
      `Calls without a session id are refused (${refused}). Clients that send none, such as ChatGPT since spring 2026, cannot call: serve their requests without a session (TypeScript SDK: sessionIdGenerator: undefined).`,
    );
  return advised;
}

const REMARK_COLUMNS: readonly Column<Remark>[] = [
  { title: '', side: 'left', cell: ({ what, cure }) => `${cure === undefined ? ' ' : '!'} ${what}` },
  { title: '', side: 'left', cell: ({ found }) => found },
];

function measured({ measures }: Report): Line[] {
  if (measures === undefined) return [];
  const below = ({ cure }: Remark): string | undefined => (cure === undefined ? undefined : `→ ${cure}`);
  const rows = tableRows(REMARK_COLUMNS, remarksOn(measures), { ...NEVER_CUT, indent: 2, below });
  return ['', bold('Measured'), ...rows.flatMap((row) => row.split('\n'))];
}

function leftOut({ leftOut: left }: Report): Line[] {
  if (left.length === 0) return [];
  const alike = Map.groupBy(left, ({ what, why }: LeftOut) => `${what}: ${why}`);
  const lines = Array.from(alike, ([line, { length }]) => `  ${line}${length === 1 ? '' : ` (${length} times)`}`);
  return ['', bold('Left out'), ...lines];
}
