import type { StoredOperation } from '../../store/operation-queries.ts';
import type { StoreReader } from '../../store/reader.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { count, counted, dateTime, duration } from '../../reading/figures.ts';
import { jsonOf, nothingFound, type Question } from './filters.ts';
import { colourOf, operationJson } from './operation-json.ts';
import { nameOf, repeatOf, statusOf } from '../../reading/operation-words.ts';
import { charactersOf } from '../../reading/lanes/characters.ts';
import { laneOfSession } from '../../reading/lanes/lanes.ts';
import { paintedLane } from './lane-lines.ts';
import { columnsOf, sessionJson } from './sessions.ts';
import { kindOf, lengthOf, stateOf } from '../../reading/session-words.ts';
import type { Out } from '../terminal/out.ts';
import { table, tableRows, type Column } from '../terminal/table.ts';
import { plain } from '../../reading/plain.ts';

const DEFAULT_LIMIT = 500;
const MIN_NAME_COLUMNS = 20;
const MIN_NOTE_COLUMNS = 14;
const MAX_PICTURE_COLUMNS = 70;
const PICTURE_LEAD = 'picture   ';

/**
 * `mcpspan session ID-PREFIX`: everything that happened in one session, in order. Returns the exit code: 2 where no session,
 * or more than one, has this prefix.
 */
export function session(reader: StoreReader, idPrefix: string, { filter, json, now }: Question, out: Out): number {
  const found = reader.findSessions(idPrefix);
  const [only, ...others] = found;
  if (only === undefined) {
    if (json) out.write(jsonOf(null));
    else {
      const what = `session whose id begins with ${idPrefix}`;
      out.write(
        nothingFound(reader, what, {}, out, 'List them: mcpspan sessions. Where ids are hashed, give the whole id.'),
      );
    }
    return 2;
  }
  if (others.length > 0) {
    if (json) out.write(jsonOf(found.map(sessionJson)));
    else {
      out.write(`${found.length} ids begin with ${plain(idPrefix)}: give more of the id.\n\n`);
      out.write(table(columnsOf(found, now), found, { ...out, columns: undefined }));
    }
    return 2;
  }
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const operations = reader.operationsOf(only, limit);
  if (json) out.write(jsonOf({ ...sessionJson(only), timeline: operations.map(operationJson) }));
  else
    out.write(
      [
        ...headOf(only, now),
        ...pictureOf(only, reader, out),
        '',
        ...timelineOf(only, operations, out),
        ...missing(only, operations),
        '',
      ].join('\n'),
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
      counted(it.handshakes, 'handshake'),
    ].join(', ')}`,
    `faults    ${count(it.failed)} failed, ${count(it.rejected)} rejected`,
    ...(it.conversation === undefined ? [] : [`talk      conversation ${it.conversation}`]),
    `trace     ${it.traceId}`,
  ];
  return lines.map(plain);
}

/** The session as a line of characters. */
function pictureOf(only: StoredSession, reader: StoreReader, out: Out): string[] {
  const { lane, axis } = laneOfSession(only, (asked) => reader.marks(asked));
  const room = Math.min(MAX_PICTURE_COLUMNS, (out.columns ?? MAX_PICTURE_COLUMNS) - PICTURE_LEAD.length);
  return charactersOf(lane, axis, Math.max(1, room)).map((line) => PICTURE_LEAD + paintedLane(line, out));
}

interface Line {
  branch: string;
  operation: StoredOperation;
}

const TIMELINE_COLUMNS: readonly Column<Line & { openedAt: number }>[] = [
  {
    title: '',
    side: 'left',
    cell: ({ branch, operation }) => branch + nameOf(operation),
    least: MIN_NAME_COLUMNS,
  },
  { title: '', side: 'right', cell: ({ operation, openedAt }) => offsetOf(operation.startedAt - openedAt) },
  { title: '', side: 'right', cell: ({ operation }) => duration(operation.seconds) },
  {
    title: '',
    side: 'left',
    cell: ({ operation }) => noteOf(operation),
    least: MIN_NOTE_COLUMNS,
    colour: ({ operation }) => colourOf(operation),
  },
];

function timelineOf({ openedAt }: StoredSession, operations: readonly StoredOperation[], out: Out): string[] {
  const lines = branches(operations).map((line) => ({ ...line, openedAt }));
  return tableRows(TIMELINE_COLUMNS, lines, out);
}

/** Puts requests of the server under the call during which they came. */
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
    // Two calls may begin in the same moment: the first takes the requests.
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
    repeatOf(operation),
    message === undefined ? '' : `"${message}"`,
    discovery === 'avoidable' ? 'nothing had changed' : '',
    attempt === 'retry' ? 'next round' : '',
    progress > 0 ? counted(progress, 'progress message') : '',
    events.length > progress ? counted(events.length - progress, 'message') : '',
    incomplete ? 'seen in part' : '',
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
    ? ['', 'Its operations are no longer in the store: the oldest are deleted first.']
    : ['', `${count(left)} more: --limit N shows those that are still in the store.`];
}
