import type { ClientReport } from '../observer-setup.ts';

export interface Row extends ClientReport {
  server: string;
}

type Column = readonly [title: string, side: 'left' | 'right', cell: (row: Row) => string];

const percent = (share: number | undefined): string => (share === undefined ? '–' : `${Math.round(share * 100)} %`);

const COLUMNS: readonly Column[] = [
  ['server', 'left', (row) => row.server],
  ['client', 'left', (row) => row.client],
  ['sessions', 'right', (row) => String(row.sessions)],
  ['tool calls', 'right', (row) => String(row.toolCalls)],
  ['handshakes per call', 'right', (row) => (row.toolCalls === 0 ? '–' : (row.handshakes / row.toolCalls).toFixed(2))],
  ['sessionless', 'right', (row) => percent(row.sessionlessShare)],
  ['empty sessions', 'right', (row) => String(row.emptySessions)],
  ['p95', 'right', (row) => (row.p95Seconds === undefined ? '–' : `${(row.p95Seconds * 1_000).toFixed(0)} ms`)],
  ['verdict', 'left', (row) => row.verdict ?? '–'],
];

const MEANINGS: Readonly<Record<string, string>> = {
  'per-call': 'opens a session and handshakes for every call: state kept per session is gone at the next one',
  sessionless: 'sends no session id: state must hang on something else it sends',
  reusing: 'keeps its session',
  modern: 'speaks 2026-07-28, which has no sessions',
  'one-shot': 'makes one call per session, each for another conversation',
  mixed: 'keeps some sessions and opens others for one call',
};

/** The figures of each client, and what each verdict means. */
export function clientTable(rows: readonly Row[], colours: boolean): string {
  if (rows.length === 0) return 'No client has called yet.\n';
  const cells = rows.map((row) => COLUMNS.map(([, , cell]) => cell(row)));
  const widths = COLUMNS.map(([title], index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const render = (line: readonly string[]): string =>
    COLUMNS.map(([, side], index) => {
      const [text = '', width = 0] = [line[index], widths[index]];
      return side === 'left' ? text.padEnd(width) : text.padStart(width);
    })
      .join('  ')
      .trimEnd();
  const bold = (text: string): string => (colours ? `\u001B[1m${text}\u001B[22m` : text);
  const said = rows.flatMap(({ client, verdict }) =>
    verdict === undefined ? [] : [`${client}: ${verdict}, ${MEANINGS[verdict] ?? ''}`],
  );
  return ['', bold(render(COLUMNS.map(([title]) => title))), ...cells.map(render), '', ...said, ''].join('\n') + '\n';
}
