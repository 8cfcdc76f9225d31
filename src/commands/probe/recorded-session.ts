import { openReader, type StoreReader } from '../../store/reader.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { counted, dateTime } from '../../reading/figures.ts';
import type { Obstacle } from '../target/reach.ts';
import { plain } from '../../reading/plain.ts';
import type { CallList } from './calls.ts';
import { capturesArguments, isToolCall, storedCalls } from './stored-calls.ts';

/** A recorded session, as far as it can be repeated. */
export interface RecordedSession extends CallList {
  /** Its id as stored. */
  readonly session: string;
  readonly client: string;
  readonly server: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** How many of its operations are no longer in the store. */
  readonly gone: number;
  /** Whether answers were captured. Values that later calls took from them are then taken from the new answers. */
  readonly answers: boolean;
  /** Why none of it can be repeated. */
  readonly obstacle: Obstacle | undefined;
}

/**
 * Reads the session whose id begins with `idPrefix`. Returns problems where there is no such session, or no store.
 * @param store path of the store; undefined: none was named
 * @param now milliseconds since the epoch
 */
export function readRecordedSession(
  store: string | undefined,
  idPrefix: string,
  now: () => number,
): RecordedSession | { readonly problems: readonly string[] } {
  if (store === undefined)
    return {
      problems: ['--session reads a store, and --store is off: give --store PATH, or leave --store out'],
    };
  const opened = openReader(store, now);
  if (opened.kind === 'trouble') return { problems: [opened.sentence] };
  using reader = opened.reader;
  const found = reader.findSessions(idPrefix);
  const [only, ...others] = found;
  return only === undefined || others.length > 0
    ? { problems: noSingleSession(found, idPrefix, store) }
    : read(reader, only, store);
}

function noSingleSession(found: readonly StoredSession[], idPrefix: string, store: string): readonly string[] {
  if (found.length === 0)
    return [
      `--session: no session in ${store} begins with '${plain(idPrefix)}'; mcpspan sessions --store ${store} lists them (where ids are hashed, give the whole id)`,
    ];
  const lines = found.map(({ id, client, openedAt, toolCalls }) =>
    plain(`  ${id}  ${client}, ${dateTime(openedAt)}, ${counted(toolCalls, 'tool call')}`),
  );
  return [`--session: ${found.length} ids begin with '${plain(idPrefix)}', give more of the id:`, ...lines];
}

function read(reader: StoreReader, session: StoredSession, store: string): RecordedSession {
  const operations = reader.operationsOf(session);
  const { calls, leftOut } = storedCalls(operations);
  const { id, client, server, openedAt } = session;
  const toolCalls = operations.filter(isToolCall).length;
  const uncaptured = toolCalls > 0 && !capturesArguments(operations);
  return {
    session: id,
    client,
    server,
    openedAt,
    calls: uncaptured ? [] : calls,
    leftOut,
    gone: Math.max(0, session.operations - operations.length),
    answers: operations.some(({ result }) => result !== undefined),
    obstacle: uncaptured
      ? {
          what: `session ${id} was recorded without the arguments of its ${counted(toolCalls, 'tool call')}`,
          cure: `record one with them: mcpspan --upstream URL --store ${store} --capture arguments,results`,
        }
      : calls.length > 0
        ? undefined
        : obstacleIn(session, leftOut),
  };
}

function obstacleIn({ id }: StoredSession, [first]: CallList['leftOut']): Obstacle {
  return {
    what: `session ${id} holds no call that can be repeated${
      first === undefined ? '' : `: ${first.what}: ${first.why}`
    }`,
    cure: 'choose another session (mcpspan sessions lists them), or give calls with --calls FILE',
  };
}
