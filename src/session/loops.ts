import { Buffer } from 'node:buffer';
import { hash, randomBytes } from 'node:crypto';
import { sliceOfMember } from '../observe/skim.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Counted, Operation, Repeat } from './operation.ts';
import { isReal, type Session } from './session.ts';

interface Run {
  fingerprint: string;
  calls: number;
  unsuccessful: number;
  at: number;
}

/** So many equal calls in a row count as repeated. Who polls does that too, so it blames nobody. */
const MIN_CALLS = 5;
/** So do so many that did not succeed, as nothing was changed before they were sent again. */
const MIN_UNSUCCESSFUL = 3;
/** After a longer pause calls are no longer in a row. */
const MAX_PAUSE_MS = 600_000;
const MAX_RUNS = 10_000;
/**
 * Of longer arguments the beginning, the end and the length count. A short call takes 1.2 µs; one of 900 KB takes 45, to
 * find where its arguments end.
 */
const MAX_HASHED_BYTES = 4_096;
const KEY_BYTES = 32;
const FINGERPRINT_CHARS = 16;

/**
 * Finds calls of one tool with the same arguments, one after the other in one session or conversation. Of the arguments
 * only a hash is kept, of the latest call, with a key that never leaves the process. They are equal if their bytes are:
 * another order of keys, or other spaces, make other arguments. Programs that repeat themselves write the same bytes.
 */
export class Loops {
  readonly #key = randomBytes(KEY_BYTES);
  /** The latest run of each session or conversation. */
  readonly #runs = new Map<string, Run>();

  /** What calls of the same tool with the same arguments have in common. @param text the message */
  fingerprintOf(tool: string, text: Uint8Array): string {
    const args = sliceOfMember(text, ['params', 'arguments']) ?? new Uint8Array();
    const half = MAX_HASHED_BYTES / 2;
    const parts = args.length <= MAX_HASHED_BYTES ? [args] : [args.subarray(0, half), args.subarray(-half)];
    const head = Buffer.from(`${args.length}\0${tool}\0`);
    return hash('sha256', Buffer.concat([this.#key, head, ...parts]), 'base64').slice(0, FINGERPRINT_CHARS);
  }

  /** Counts a call that has ended; undefined: it repeats none, or too few. */
  ended(
    operation: Pick<Operation, 'fingerprint' | 'conversation'>,
    { firstOfCall, failed, rejected }: Counted,
    session: Session | undefined,
    at: number,
  ): Repeat | undefined {
    const { fingerprint } = operation;
    const place = placeOf(operation, session);
    if (!firstOfCall || fingerprint === undefined || place === undefined) return undefined;
    const unsuccessful = failed || rejected;
    const run = this.#runs.get(place);
    if (run === undefined) {
      this.#runs.set(place, { fingerprint, calls: 1, unsuccessful: Number(unsuccessful), at });
      keepNewest(this.#runs, MAX_RUNS);
      return undefined;
    }
    const again = run.fingerprint === fingerprint && at - run.at <= MAX_PAUSE_MS;
    run.fingerprint = fingerprint;
    run.at = at;
    run.calls = again ? run.calls + 1 : 1;
    run.unsuccessful = unsuccessful ? (again ? run.unsuccessful : 0) + 1 : 0;
    const stuck = run.unsuccessful >= MIN_UNSUCCESSFUL ? run.unsuccessful : 0;
    return run.calls >= MIN_CALLS || stuck > 0 ? { calls: run.calls, unsuccessful: stuck } : undefined;
  }
}

/** Where calls follow one another. Activity by user or machine may be many conversations at once, so it is no such place. */
function placeOf({ conversation }: Pick<Operation, 'conversation'>, session: Session | undefined): string | undefined {
  const told = conversation ?? session?.conversation;
  if (told !== undefined) return `${session?.clientLabel}\0conversation\0${told}`;
  return session !== undefined && isReal(session.source) ? session.key : undefined;
}
