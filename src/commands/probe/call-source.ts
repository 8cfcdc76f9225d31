import { messageOf } from '../../transport/error-text.ts';
import { readFile } from 'node:fs/promises';
import type { Tool } from '../../simulator/catalogue.ts';
import { createRandom } from '../../simulator/random.ts';
import { now } from '../../transport/clock.ts';
import { readCalls, type Call, type CallList } from './calls.ts';
import { onlyReading, proposeCalls } from './proposal.ts';
import { readRecordedSession, type RecordedSession } from './recorded-session.ts';
import { isList } from './stored-calls.ts';

/** Where the calls come from. */
export interface CallSource {
  /** Undefined: the user gave none, so calls are proposed. */
  readonly list: CallList | undefined;
  /** The session that they were recorded in. */
  readonly recorded: RecordedSession | undefined;
}

export interface CallOptions {
  /** Path of a list of calls. */
  readonly calls: string | undefined;
  /** The beginning of a recorded session's id, and the path of its store. */
  readonly session: string | undefined;
  readonly store: string | undefined;
}

/** Reads the calls from a list or from a recorded session. */
export async function readCallSource({
  calls,
  session,
  store,
}: CallOptions): Promise<CallSource | { readonly problems: readonly string[] }> {
  if (calls !== undefined && session !== undefined)
    return { problems: ['--calls and --session both give calls: use one of them'] };
  if (session !== undefined) {
    const recorded = readRecordedSession(store, session, now);
    return 'problems' in recorded ? recorded : { list: recorded, recorded };
  }
  if (calls === undefined) return { list: undefined, recorded: undefined };
  try {
    const list = readCalls(await readFile(calls, 'utf8'));
    return 'problems' in list
      ? { problems: list.problems.map((problem) => `--calls ${calls}: ${problem}`) }
      : { list: { ...list, leftOut: [] }, recorded: undefined };
  } catch (error) {
    return { problems: [`--calls ${calls}: ${messageOf(error)}`] };
  }
}

/** Each call is made in every mode, several times. */
const MAX_REPEATED = 100;

/** The calls that may be made: of those the user gave, or else of those proposed. */
export function chooseCalls(source: CallSource, tools: readonly Tool[], allowWrites: boolean, seed: number): CallList {
  const { list, recorded } = source;
  if (list === undefined) return proposeCalls(tools, allowWrites, createRandom(seed, 'arguments'));
  const allowed = allowWrites ? { calls: list.calls, leftOut: [] } : onlyReading(list.calls, tools);
  const most = recorded === undefined ? Infinity : MAX_REPEATED;
  const leftOut = [...list.leftOut, ...allowed.leftOut, ...beyond(allowed.calls, most)];
  // Clients ask for lists before their calls. Lists alone say little.
  const onlyLists = recorded !== undefined && leftOut.length > 0 && allowed.calls.every(isList);
  return { calls: onlyLists ? [] : allowed.calls.slice(0, most), leftOut };
}

const beyond = (calls: readonly Call[], most: number): CallList['leftOut'] =>
  calls.length <= most
    ? []
    : [{ what: `${calls.length - most} more calls`, why: `only the first ${most} calls of a session are repeated` }];
