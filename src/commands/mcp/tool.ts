import type { Filter } from '../../store/filter.ts';
import type { StoreReader } from '../../store/reader.ts';
import { Problem } from '../../settings/option-kinds.ts';
import { knownNames } from '../store/filters.ts';
import { readArguments, schemaOf, whole, type Arguments, type ValuesOf } from './argument-kinds.ts';
import { bounded } from './bounds.ts';
import { rowSchema, shown, type Fields } from './fields.ts';
import { harmless, quoted } from './harmless.ts';

/** What a tool answers: rows, sentences about them, and what else belongs to them. */
export interface Found<Row> {
  rows: readonly Row[];
  /** How many rows there are in all; undefined: more than were fetched, or as many. */
  total?: number;
  /** Sentences for whoever asked. Names from elsewhere stand in quotes. */
  notes?: readonly string[];
  /** Members beside the rows. */
  beside?: Readonly<Record<string, unknown>>;
}

interface ToolDefinition<Row, Taken extends Arguments> {
  name: string;
  title: string;
  description: string;
  takes: Taken;
  /** The most rows of one answer, where the caller names no limit. */
  rows: number;
  fields: Fields<Row>;
  /** Members beside the rows, as JSON Schema. */
  beside?: Readonly<Record<string, unknown>>;
  /** @param most so many rows are enough */
  find(reader: StoreReader, asked: ValuesOf<Taken>, most: number, now: number): Found<Row> | Problem;
}

/** A tool as `tools/list` shows it. */
interface ListedTool {
  name: string;
  title: string;
  description: string;
  inputSchema: { type: 'object' } & Readonly<Record<string, unknown>>;
  outputSchema: { type: 'object' } & Readonly<Record<string, unknown>>;
  annotations: { title: string; readOnlyHint: true; idempotentHint: true; openWorldHint: false };
}

export interface AssistantTool {
  listed: ListedTool;
  /**
   * @param now milliseconds since the epoch, by the wall clock
   * @throws what SQLite throws
   */
  answer(
    reader: StoreReader,
    given: Readonly<Record<string, unknown>>,
    now: number,
  ): { text: string; structured: Record<string, unknown> } | Problem;
}

const MAX_ROWS = 100;
const MAX_SKIPPED = 10_000;

export function assistantTool<Row, const Taken extends Arguments>(
  definition: ToolDefinition<Row, Taken>,
): AssistantTool {
  const { name, title, description, fields } = definition;
  const paged = {
    limit: whole(definition.rows, { least: 1, most: MAX_ROWS }, 'at most this many rows'),
    skip: whole(0, { least: 0, most: MAX_SKIPPED }, 'leave out this many rows, to go on where an answer ended'),
  };
  const taken = { ...definition.takes, ...paged };
  return {
    listed: {
      name,
      title,
      description,
      inputSchema: schemaOf(taken),
      outputSchema: {
        type: 'object',
        properties: {
          rows: { type: 'array', items: rowSchema(fields) },
          total: { type: 'number', description: 'how many rows there are in all, where that is known' },
          more: { type: 'string', description: 'what was left out, and how to ask for it' },
          notes: { type: 'array', items: { type: 'string' } },
          ...definition.beside,
        },
        required: ['rows'],
      },
      annotations: { title, readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    answer(reader, given, now) {
      const asked = readArguments(given, taken, now);
      if (asked instanceof Problem) return asked;
      // The casts are true: `taken` holds both, and the compiler does not see through the spread.
      const { limit, skip, ...own } = asked as ValuesOf<typeof paged>;
      const found = definition.find(reader, asRecorded(reader, own) as ValuesOf<Taken>, skip + limit + 1, now);
      if (found instanceof Problem) return found;
      const { total, notes = [], beside = {} } = found;
      const all = found.rows.slice(skip);
      // Notes hold quoted names already.
      const rows = bounded(all.slice(0, limit).map((row) => harmless(shown(row, fields, now))));
      const left = rows.length < all.length;
      const end = skip + rows.length;
      const of = total === undefined ? '' : ` of ${total}`;
      const more = left
        ? `Rows ${skip + 1} to ${end}${of}. For the next ones add skip: ${end}, or narrow it down.`
        : '';
      const sentences = [...notes, more].filter((text) => text !== '');
      return {
        text: [`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}.`, ...sentences].join('\n'),
        structured: {
          rows,
          ...(total !== undefined && { total }),
          ...(more !== '' && { more }),
          ...(notes.length > 0 && { notes }),
          ...beside,
        },
      };
    },
  };
}

/** Names as they are recorded: people write `Cursor` where the client is `cursor`. */
function asRecorded(reader: StoreReader, asked: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { server, client, tool } = asked;
  if (server === undefined && client === undefined && tool === undefined) return asked;
  const { servers, clients, tools } = reader.contents();
  const recorded = (name: unknown, known: readonly string[]): unknown => {
    if (typeof name !== 'string' || known.includes(name)) return name;
    const [only, ...others] = known.filter((one) => one.toLowerCase() === name.toLowerCase());
    return others.length === 0 ? (only ?? name) : name;
  };
  return {
    ...asked,
    ...('server' in asked && { server: recorded(server, servers) }),
    ...('client' in asked && { client: recorded(client, clients) }),
    ...('tool' in asked && { tool: recorded(tool, tools) }),
  };
}

/** Why nothing was found: what was asked for may be unknown, or not recorded. */
export function nothingFound(reader: StoreReader, what: string, asked: Filter): string[] {
  const contents = reader.contents();
  if (contents.operations === 0 && contents.sessions === 0) {
    return [
      'Nothing has been recorded yet. Point a client at mcpspan (mcpspan --upstream http://localhost:3000/mcp), or try the demo: mcpspan demo --store PATH',
    ];
  }
  return [`No ${what} fit.`, ...knownNames(asked, contents, quoted)];
}
