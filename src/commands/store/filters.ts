import type { StoreContents, StoreReader } from '../../store/reader.ts';
import type { Filter } from '../../store/filter.ts';
import { count, counted, dateTime } from '../../reading/figures.ts';
import type { Out } from '../terminal/out.ts';
import { prose } from '../terminal/text.ts';

/** What a command is to find in the store. */
export interface Question {
  filter: Filter;
  json: boolean;
  /** Milliseconds since the epoch, by the wall clock. */
  now: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads a time: `30s`, `15m`, `2h`, `7d`, `1w` ago, or a date (`2026-01-31`, `2026-01-31T10:00`, in local time unless it
 * names an offset). Returns milliseconds since the epoch; undefined: the text is no time.
 */
export function parseSince(text: string, now: number): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? [];
  if (number !== undefined) return now - Number(number) * (UNITS[unit] ?? 0);
  if (!DATE.test(text)) return undefined;
  // `Date.parse` would take a date alone for UTC.
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
  return Number.isNaN(at) ? undefined : at;
}

/** A filter in words: ` of client chatgpt, since 2026-01-31 10:00`. Names are not escaped. */
export function filterInWords({ since, server, client, tool, method, status, code }: Filter): string {
  const parts = [
    server === undefined ? '' : `at server ${server}`,
    client === undefined ? '' : `of client ${client}`,
    tool === undefined ? '' : `of tool ${tool}`,
    method === undefined ? '' : `of method ${method}`,
    status === undefined ? '' : `with status ${status}`,
    code === undefined ? '' : `with code ${code}`,
    since === undefined ? '' : `since ${dateTime(since)}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

/**
 * How many rows there are, where not all are shown; else `''`.
 * @param what plural, with what orders them: `sessions, the latest first`
 */
export const leftOut = (shown: number, all: number, what: string, filter: Filter = {}): string =>
  shown < all ? `${count(shown)} of ${count(all)} ${what}${filterInWords(filter)}: --limit N.` : '';

const MAX_NAMES = 12;
const STATUSES =
  'A status is ok, failed, rejected, an outcome (tool-error, rpc-error, refused, cancelled, lost) or a code. A session can also be open, ended, or ended in one way (deleted, expired, idle, process-exit, evicted, shutdown).';

/** The time that figures cover, where the user asked for none; else `''`. */
export function coverage(reader: StoreReader, { since, until }: Filter): string {
  const { firstAt, lastAt } = reader.contents();
  if (since !== undefined || until !== undefined || firstAt === undefined || lastAt === undefined) return '';
  return `From ${dateTime(firstAt)} to ${dateTime(lastAt)}: the whole store. For the last hour only: --since 1h`;
}

/**
 * Why nothing was found, and what to do next.
 * @param what plural: `sessions`
 * @param further one more sentence
 */
export function nothingFound(
  reader: StoreReader,
  what: string,
  filter: Filter,
  out: Pick<Out, 'columns'>,
  further = '',
): string {
  const contents = reader.contents();
  const { path, operations, sessions, firstAt, lastAt } = contents;
  if (operations === 0 && sessions === 0) {
    return prose(
      [
        `Nothing has been recorded yet in ${path}.`,
        'Point a client at mcpspan (mcpspan --upstream http://localhost:3000/mcp), or watch the demo: mcpspan demo',
      ],
      out,
    );
  }
  const lines = [`No ${what}${filterInWords(filter)}.`];
  if (firstAt !== undefined && lastAt !== undefined) {
    lines.push(`The store holds ${counted(operations, 'operation')} from ${dateTime(firstAt)} to ${dateTime(lastAt)}.`);
    if (filter.since !== undefined && lastAt < filter.since) lines.push('Look further back: --since 7d');
  }
  if (filter.status !== undefined) lines.push(STATUSES);
  return prose([...lines, ...knownNames(filter, contents), further], out);
}

/**
 * The names that the store has, where it does not have the one that was asked for.
 * @param written how a name from elsewhere is written
 */
export function knownNames(
  { server, client, tool, method }: Filter,
  { servers, clients, tools, methods }: Pick<StoreContents, 'servers' | 'clients' | 'tools' | 'methods'>,
  written = (name: string): string => name,
): string[] {
  const asked = [
    [server, servers, 'servers'],
    [client, clients, 'clients'],
    [tool, tools, 'tools'],
    [method, methods, 'methods'],
  ] as const;
  return asked.flatMap(([name, known, what]) => {
    if (name === undefined || known.includes(name)) return [];
    if (known.length === 0) return [`The store has no ${what} yet.`];
    const some = known.slice(0, MAX_NAMES).map(written).join(', ');
    const rest = known.length > MAX_NAMES ? ` and ${count(known.length - MAX_NAMES)} more` : '';
    return [`The store has these ${what}: ${some}${rest}.`];
  });
}

/** JSON for programs. */
export const jsonOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** A time for programs: ISO 8601, or null. */
export const isoTime = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
