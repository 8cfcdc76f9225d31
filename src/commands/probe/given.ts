import { readFile } from 'node:fs/promises';
import type { Tool } from '../../simulator/catalogue.ts';
import { createRandom } from '../../simulator/random.ts';
import { now } from '../../transport/clock.ts';
import { readCalls, type Call, type CallList } from './calls.ts';
import { onlyReading, proposeCalls } from './proposal.ts';
import { readRecording, type Recording } from './recording.ts';
import { isList } from './stored-calls.ts';
import { messageOf } from '../../transport/error-text.ts';

/** What was said of the calls to make. */
export interface Given {
  /** Undefined: nothing, so that calls are proposed. */
  readonly list: CallList | undefined;
  /** The session that they are from. */
  readonly recording: Recording | undefined;
}

export interface Wanted {
  /** Path of a list of calls. */
  readonly calls: string | undefined;
  /** How the id of a recorded session begins, and the path of the store that it is in. */
  readonly session: string | undefined;
  readonly store: string | undefined;
}

/** Reads the calls that are to be made, from a list or a recorded session. */
export async function readGiven({
  calls,
  session,
  store,
}: Wanted): Promise<Given | { readonly problems: readonly string[] }> {
  if (calls !== undefined && session !== undefined)
    return { problems: ['--calls and --session are two lists of calls: keep the one that is meant'] };
  if (session !== undefined) {
    const recording = readRecording(store, session, now);
    return 'problems' in recording ? recording : { list: recording, recording };
  }
  if (calls === undefined) return { list: undefined, recording: undefined };
  try {
    const list = readCalls(await readFile(calls, 'utf8'));
    return 'problems' in list
      ? { problems: list.problems.map((problem) => `--calls ${calls}: ${problem}`) }
      : { list: { ...list, leftOut: [] }, recording: undefined };
  } catch (error) {
    return { problems: [`--calls ${calls}: ${messageOf(error)}`] };
  }
}

/** Each is made in every mode, several times. */
const MAX_REPEATED = 100;

/** The calls that may be made of those that were given, or else proposed. */
export function chooseCalls(given: Given, tools: readonly Tool[], allowWrites: boolean, seed: number): CallList {
  const { list, recording } = given;
  if (list === undefined) return proposeCalls(tools, allowWrites, createRandom(seed, 'arguments'));
  const allowed = allowWrites ? { calls: list.calls, leftOut: [] } : onlyReading(list.calls, tools);
  const most = recording === undefined ? Infinity : MAX_REPEATED;
  const leftOut = [...list.leftOut, ...allowed.leftOut, ...beyond(allowed.calls, most)];
  // A client asks for lists before its calls: alone they say little.
  const little = recording !== undefined && leftOut.length > 0 && allowed.calls.every(isList);
  return { calls: little ? [] : allowed.calls.slice(0, most), leftOut };
}

const beyond = (calls: readonly Call[], most: number): CallList['leftOut'] =>
  calls.length <= most
    ? []
    : [{ what: `${calls.length - most} more calls`, why: `the first ${most} of a session are repeated` }];
