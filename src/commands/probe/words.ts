import { dateTime } from '../../reading/figures.ts';
import { modernVersion } from '../../simulator/profile.ts';
import { plain } from '../terminal/text.ts';
import type { LeftOut } from './calls.ts';
import type { Finding, Judgement } from './finding.ts';
import { remarksOn } from './remarks.ts';
import type { Mode, ModeName } from './mode.ts';
import { saidWithoutId, type Report } from './verdict.ts';

const MAX_DIFFERENCES = 4;

/** A line; `strong` where it is to be seen first. */
type Line = string | { readonly strong: string };

const strong = (text: string): Line => ({ strong: text });

/** A report as people read it, the verdict first. What others have sent in it moves no cursor. */
export function inWords(report: Report, colours: boolean): string {
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
  const written = (line: Line): string => {
    if (typeof line === 'string') return plain(line);
    return colours ? `\u001B[1m${plain(line.strong)}\u001B[22m` : plain(line.strong);
  };
  return lines.map(written).join('\n');
}

function aboutServer({ ground, as }: Report): string {
  if (ground === undefined) return '';
  const { name, version } = ground.server;
  const eras = [ground.legacy?.version, ground.modern ? '2026-07-28' : undefined].filter((era) => era !== undefined);
  const who = [name, version].filter((part) => part !== undefined).join(' ');
  return `  (${[who, eras.join(' and ')].filter((part) => part !== '').join(', ')}${as === undefined ? '' : `; as ${as}`})`;
}

function aboutSession({ recording }: Report): string[] {
  if (recording === undefined) return [];
  const { session, client, server, openedAt, answers, gone, calls } = recording;
  const lines = [`with the calls of session ${session} (${client} at ${server}, ${dateTime(openedAt)})`];
  if (gone > 0)
    lines.push(`  ${gone} of its operations are no longer in the store: later ones may miss what came of them`);
  if (!answers && calls.length > 1)
    lines.push('  its answers were not captured (--capture results): ids in later calls are sent as they were then');
  return lines;
}

function verdict({ verdict: found, as, findings, rounds, modes, leftOut: left }: Report): Line[] {
  switch (found.kind) {
    case 'depends': {
      const names = [...new Set(found.findings.map(({ title }) => title))].join(', ');
      const count = found.findings.length;
      return [
        strong(`${count} of ${findings.length} calls ${count === 1 ? 'DEPENDS' : 'DEPEND'} ON THE SESSION: ${names}`),
        `Seen in all of ${rounds} rounds: ${othersOf(found.findings, modes)} get another answer than one that keeps its session.`,
      ];
    }
    case 'shut-out':
      return [
        strong(`NO CALL OF ${as} GETS THROUGH: ${found.because}.`),
        ...(found.said === undefined ? [] : [`The server says: ${found.said}`]),
        ...(found.compared === 0
          ? []
          : [
              `In sessions ${found.compared} of ${findings.length} calls were compared, all alike: no dependence found.`,
            ]),
      ];
    case 'independent': {
      const failing = findings.filter(({ fails }) => fails);
      return [
        strong(
          `No dependence on the session found: ${found.compared} of ${findings.length} calls compared, all alike.`,
        ),
        ...(failing.length === 0 ? [] : [`${aboutFailing(failing)}: calls that succeed may show a dependence.`]),
        ...(left.length === 0 ? [] : [`${left.length} left out (see below): calls like these may show a dependence.`]),
      ];
    }
    case 'nothing-tested':
      return [strong(`Nothing tested: ${found.why}`), `  → ${found.cure}`];
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

/** Who gets another answer. */
const othersOf = (findings: readonly Finding[], modes: readonly Mode[]): string =>
  modes
    .filter(({ name }) => findings.some(({ judgements }) => judgements.get(name)?.kind === 'differs'))
    .map(({ name }) => WHO[name])
    .join(', ');

function aboutFailing(failing: readonly Finding[]): string {
  const [first] = failing;
  const how = `${first?.first ?? 'error'}: ${first?.said ?? ''}`;
  return failing.length === 1
    ? `${first?.title} fails in one session already (${how})`
    : `${failing.length} fail in one session already (${first?.title}: ${how}; …)`;
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
    const shown = judgement.differences.slice(0, MAX_DIFFERENCES);
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

function advice(report: Report): Line[] {
  const paragraphs = adviceFor(report);
  if (paragraphs.length === 0) return [];
  return ['', strong('What to do'), ...paragraphs.flatMap((paragraph) => wrapped(paragraph))];
}

const WIDTH_COLUMNS = 98;

/** A paragraph as lines of a list; a flag stays with its value. */
function wrapped(paragraph: string): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(/(?<!--[\w-]+) /)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH_COLUMNS)
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
  if (found.kind === 'shut-out' && found.said === undefined)
    advised.push(
      `Such clients call without a handshake: serve ${modernVersion} too (server/discover, and requests that stand for themselves), beside the revisions with one.`,
    );
  const refused = saidWithoutId(findings);
  if (refused !== undefined)
    advised.push(
      `Calls without a session id are refused (${refused}). Clients that send none, as ChatGPT since spring 2026, cannot call: serve such requests without a session (TypeScript SDK: sessionIdGenerator: undefined).`,
    );
  return advised;
}

function measured({ measures }: Report): Line[] {
  if (measures === undefined) return [];
  const remarks = remarksOn(measures);
  const width = Math.max(...remarks.map(({ what }) => what.length));
  return [
    '',
    strong('Measured'),
    ...remarks.flatMap(({ what, found, cure }) => [
      `  ${cure === undefined ? ' ' : '!'} ${what.padEnd(width)}  ${found}`,
      ...(cure === undefined ? [] : [`    ${' '.repeat(width)}  → ${cure}`]),
    ]),
  ];
}

function leftOut({ leftOut: left }: Report): Line[] {
  if (left.length === 0) return [];
  const alike = Map.groupBy(left, ({ what, why }: LeftOut) => `${what}: ${why}`);
  const lines = Array.from(alike, ([line, { length }]) => `  ${line}${length === 1 ? '' : ` (${length} times)`}`);
  return ['', strong('Left out'), ...lines];
}
