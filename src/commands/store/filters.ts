import type { StoreReader } from '../../store/reader.ts';
import type { Filter } from '../../store/filter.ts';
import { count, counted, dateTime } from '../../reading/figures.ts';
import { prose, type Out } from '../terminal/table.ts';

/** What a command over the store is asked for. */
export interface Question {
  filter: Filter;
  json: boolean;
  /** Milliseconds since the epoch, by the wall clock. */
  now: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * When a time is meant: `30s`, `15m`, `2h`, `7d`, `1w` ago, or a date (`2026-01-31`, `2026-01-31T10:00`, by the local
 * clock unless it says otherwise). Returns milliseconds since the epoch; undefined: nobody can tell.
 */
export function parseSince(text: string, now: number): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? [];
  if (number !== undefined) return now - Number(number) * (UNITS[unit] ?? 0);
  if (!DATE.test(text)) return undefined;
  // A date alone would be read as UTC.
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
  return Number.isNaN(at) ? undefined : at;
}

/** What a filter lets through, in words: ` of client chatgpt, since 2026-01-31 10:00`; names as they are. */
export function inWords({ since, server, client, tool, status }: Filter): string {
  const parts = [
    server === undefined ? '' : `at server ${server}`,
    client === undefined ? '' : `of client ${client}`,
    tool === undefined ? '' : `of tool ${tool}`,
    status === undefined ? '' : `with status ${status}`,
    since === undefined ? '' : `since ${dateTime(since)}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

const MAX_NAMES = 12;
const STATUSES =
  'A status is ok, error, an outcome (tool-error, rpc-error, refused, failed, cancelled, lost), a code, or, of sessions, open, ended, or how they ended (deleted, expired, idle, process-exit, evicted, shutdown).';

/** What time figures cover, where nobody asked for one; `''`: somebody did. */
export function coverage(reader: StoreReader, { since, until }: Filter): string {
  const { firstAt, lastAt } = reader.contents();
  if (since !== undefined || until !== undefined || firstAt === undefined || lastAt === undefined) return '';
  return `From ${dateTime(firstAt)} to ${dateTime(lastAt)}, all of the store; the last hour: --since 1h`;
}

/**
 * Why there is nothing to show, and what to do next.
 * @param what in the plural: `sessions`
 * @param further one more sentence
 */
export function nothingFound(
  reader: StoreReader,
  what: string,
  filter: Filter,
  out: Pick<Out, 'columns'>,
  further = '',
): string {
  const { path, operations, sessions, servers, clients, tools, firstAt, lastAt } = reader.contents();
  if (operations === 0 && sessions === 0) {
    return prose(
      [
        `Nothing has been recorded yet in ${path}.`,
        'Point a client at mcpspan (mcpspan --upstream http://localhost:3000/mcp), or watch the demo: mcpspan demo',
      ],
      out,
    );
  }
  const lines = [`No ${what}${inWords(filter)}.`];
  if (firstAt !== undefined && lastAt !== undefined) {
    lines.push(`The store holds ${counted(operations, 'operation')} from ${dateTime(firstAt)} to ${dateTime(lastAt)}.`);
    if (filter.since !== undefined && lastAt < filter.since) lines.push('Ask for more of them: --since 7d');
  }
  const unknown = (asked: string | undefined, known: readonly string[], name: string): void => {
    if (asked === undefined || known.includes(asked)) return;
    const some = known.slice(0, MAX_NAMES).join(', ');
    const rest = known.length > MAX_NAMES ? ` and ${count(known.length - MAX_NAMES)} more` : '';
    lines.push(known.length === 0 ? `There are no ${name} yet.` : `There are these ${name}: ${some}${rest}.`);
  };
  if (filter.status !== undefined) lines.push(STATUSES);
  unknown(filter.server, servers, 'servers');
  unknown(filter.client, clients, 'clients');
  unknown(filter.tool, tools, 'tools');
  return prose([...lines, further], out);
}

/** As JSON for programs: times as ISO text, what is not there left out. */
export const jsonOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The time of day for programs. */
export const isoTime = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
