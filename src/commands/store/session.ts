import type { StoredOperation } from '../../store/operation-queries.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { count, counted, dateTime, duration } from '../../reading/figures.ts';
import { jsonOf, nothingFound, type Question } from './filters.ts';
import { colourOf, operationJson } from './operation-json.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import { columnsOf, sessionJson } from './sessions.ts';
import { kindOf, lengthOf, stateOf } from '../../reading/session-words.ts';
import { painted, table, type Out } from '../terminal/table.ts';
import { elided, padded, plain, widthOf } from '../terminal/text.ts';

const DEFAULT_LIMIT = 500;
const MIN_NAME_COLUMNS = 20;

/**
 * `mcpspan session ID-PREFIX`: all that happened in one, in order. Returns the exit code: 2 when the prefix names none, or
 * more than one.
 */
export function session(reader: StoreReader, idPrefix: string, { filter, json, now }: Question, out: Out): number {
  const found = reader.findSessions(idPrefix);
  const [only, ...others] = found;
  if (only === undefined) {
    if (json) out.write(jsonOf(null));
    else {
      const what = `session whose id begins with ${idPrefix}`;
      out.write(
        nothingFound(
          reader,
          what,
          {},
          out,
          'Which there are: mcpspan sessions. Of an id that is hashed, give the whole.',
        ),
      );
    }
    return 2;
  }
  if (others.length > 0) {
    if (json) out.write(jsonOf(found.map(sessionJson)));
    else {
      out.write(`${found.length} begin with ${plain(idPrefix)}: say more of the id.\n\n`);
      out.write(table(columnsOf(found, now), found, { ...out, columns: undefined }));
    }
    return 2;
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const operations = reader.operationsOf(only, limit);
  if (json) out.write(jsonOf({ ...sessionJson(only), timeline: operations.map(operationJson) }));
  else
    out.write(
      [...headOf(only, now), '', ...timelineOf(only, operations, out), ...missing(only, operations), ''].join('\n'),
    );
  return 0;
}

function headOf(it: StoredSession, now: number): string[] {
  const who = [it.clientName, it.clientVersion].filter((part) => part !== undefined && part !== it.client);
  const server = [it.serverName, it.serverVersion].filter((part) => part !== undefined);
  const lines = [
    `${kindOf(it)} ${it.id}`,
    `client    ${it.client}${who.length === 0 ? '' : ` (${who.join(' ')})`}`,
    `server    ${it.server}${server.length === 0 ? '' : ` (${server.join(' ')})`}${
      it.protocolVersion === undefined ? '' : `, protocol ${it.protocolVersion}`
    }`,
    `time      ${dateTime(it.openedAt)}, for ${duration(lengthOf(it))}, ${stateOf(it, now)}`,
    `total     ${[
      counted(it.operations, 'operation'),
      counted(it.toolCalls, 'tool call'),
      counted(it.errors, 'error'),
      counted(it.handshakes, 'handshake'),
    ].join(', ')}`,
    ...(it.conversation === undefined ? [] : [`talk      conversation ${it.conversation}`]),
    `trace     ${it.traceId}`,
  ];
  return lines.map(plain);
}

interface Line {
  branch: string;
  operation: StoredOperation;
}

function timelineOf(it: StoredSession, operations: readonly StoredOperation[], out: Out): string[] {
  const lines = branches(operations);
  const texts = lines.map(({ branch, operation }) => ({
    name: branch + plain(nameOf(operation)),
    offset: offsetOf(operation.startedAt - it.openedAt),
    took: duration(operation.seconds),
    note: plain(noteOf(operation)),
    colour: colourOf(operation),
  }));
  const widest = (of: (text: (typeof texts)[number]) => string): number =>
    Math.max(0, ...texts.map((text) => widthOf(of(text))));
  const [offsets, tooks, notes] = [
    widest(({ offset }) => offset),
    widest(({ took }) => took),
    widest(({ note }) => note),
  ];
  const room = out.columns === undefined ? Infinity : out.columns - offsets - tooks - Math.min(notes, 24) - 6;
  const names = Math.min(
    widest(({ name }) => name),
    Math.max(MIN_NAME_COLUMNS, room),
  );
  return texts.map(({ name, offset, took, note, colour }) => {
    const text = [
      padded(elided(name, names), names, 'left'),
      padded(offset, offsets, 'right'),
      padded(took, tooks, 'right'),
      painted(note, colour, out),
    ];
    return text.join('  ').trimEnd();
  });
}

/** Requests of the server stand under the call they came with. */
function branches(operations: readonly StoredOperation[]): Line[] {
  const children = Map.groupBy(
    operations.filter(({ parentAt }) => parentAt !== undefined),
    ({ parentAt }) => parentAt,
  );
  const parents = new Set(
    operations.filter(({ direction }) => direction === 'to-server').map(({ startedAt }) => startedAt),
  );
  const top = operations.filter(({ parentAt }) => parentAt === undefined || !parents.has(parentAt));
  return top.flatMap((operation, index) => {
    const last = index === top.length - 1;
    const own = operation.direction === 'to-server' ? (children.get(operation.startedAt) ?? []) : [];
    // Two calls may begin at one moment: the first has them.
    children.delete(operation.startedAt);
    return [
      { branch: last ? '└─ ' : '├─ ', operation },
      ...own.map((child, at) => ({
        branch: `${last ? '   ' : '│  '}${at === own.length - 1 ? '└─ ' : '├─ '}`,
        operation: child,
      })),
    ];
  });
}

function noteOf(operation: StoredOperation): string {
  const { events, discovery, attempt, message, incomplete } = operation;
  const progress = events.filter(({ name }) => name === 'notifications/progress').length;
  const notes = [
    statusOf(operation),
    message === undefined ? '' : `"${message}"`,
    discovery === 'avoidable' ? 'nothing had changed' : '',
    attempt === 'retry' ? 'further round' : '',
    progress > 0 ? counted(progress, 'progress message') : '',
    events.length > progress ? counted(events.length - progress, 'message') : '',
    incomplete ? 'not all of it was seen' : '',
  ];
  return notes.filter((note) => note !== '').join(', ');
}

/** `+0.0 s`, `+12.3 s`, `+3 min 20 s`. */
function offsetOf(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  return `+${seconds < 100 ? `${seconds.toFixed(1)} s` : duration(seconds)}`;
}

function missing(it: StoredSession, operations: readonly StoredOperation[]): string[] {
  const left = it.operations - operations.length;
  if (left <= 0) return [];
  return operations.length === 0
    ? ['', 'Its operations are no longer in the store: the oldest go first.']
    : ['', `${count(left)} more: --limit N, unless they are no longer in the store.`];
}
