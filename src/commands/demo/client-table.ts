import type { ClientReport } from '../../observer/setup.ts';
import { VERDICTS } from '../../reading/client-words.ts';
import { duration } from '../../reading/figures.ts';

export interface Row extends ClientReport {
  server: string;
}

type Column = readonly [title: string, side: 'left' | 'right', cell: (row: Row) => string];

const perCall = ({ handshakes, toolCalls }: Row): number | undefined =>
  toolCalls === 0 ? undefined : handshakes / toolCalls;

const percent = (share: number | undefined): string => (share === undefined ? '–' : `${Math.round(share * 100)} %`);

const COLUMNS: readonly Column[] = [
  ['server', 'left', (row) => row.server],
  ['client', 'left', (row) => row.client],
  ['sessions', 'right', (row) => String(row.sessions)],
  ['tool calls', 'right', (row) => String(row.toolCalls)],
  ['handshakes per call', 'right', (row) => perCall(row)?.toFixed(2) ?? '–'],
  ['sessionless', 'right', (row) => percent(row.sessionlessShare)],
  ['empty sessions', 'right', (row) => String(row.emptySessions)],
  ['p95', 'right', (row) => duration(row.p95Seconds)],
  ['verdict', 'left', (row) => row.verdict ?? '–'],
];

/** The same as JSON: what there is no figure for is null. */
export function clientJson(rows: readonly Row[]): string {
  const figures = rows.map((row) => ({
    server: row.server,
    client: row.client,
    sessions: row.sessions,
    toolCalls: row.toolCalls,
    handshakes: row.handshakes,
    handshakesPerCall: perCall(row) ?? null,
    sessionlessShare: row.sessionlessShare ?? null,
    emptySessions: row.emptySessions,
    p95Seconds: row.p95Seconds ?? null,
    verdict: row.verdict ?? null,
  }));
  return `${JSON.stringify(figures, undefined, 2)}\n`;
}

/** The figures of each client, the most handshakes per call first, and what each verdict means. */
export function clientTable(unsorted: readonly Row[], colours: boolean): string {
  if (unsorted.length === 0) return 'No client has called yet.\n';
  const rows = unsorted.toSorted((a, b) => a.server.localeCompare(b.server) || (perCall(b) ?? -1) - (perCall(a) ?? -1));
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
  const said = rows.flatMap(({ server, client, verdict }) => {
    const twice = rows.filter((row) => row.client === client).length > 1;
    const who = twice ? `${client} (${server})` : client;
    return verdict === undefined ? [] : [`${who}: ${verdict}, ${VERDICTS[verdict] ?? ''}`];
  });
  return ['', bold(render(COLUMNS.map(([title]) => title))), ...cells.map(render), '', ...said, ''].join('\n') + '\n';
}
