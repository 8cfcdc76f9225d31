/** Why there is no store, for people. Lasting trouble ends the store; after other trouble it tries again. */
export interface Trouble {
  reason: string;
  cure: string;
  lasting: boolean;
}

/** Something is wrong with the store's file. */
export class StoreError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.reason, options);
    this.trouble = trouble;
  }
}

const ELSEWHERE = 'give --store another path';
const NEW_FILE = `move the file away, or ${ELSEWHERE}`;
const RIGHTS = `let this user write to it and to its folder, or ${ELSEWHERE}`;

const LOCKED: Trouble = { reason: 'is locked by another program', cure: 'end what holds it', lasting: false };
export const FOLDER: Trouble = { reason: 'is a folder', cure: 'name a file in it', lasting: true };

const SQLITE_BUSY = 5;

/** By SQLite's primary result code. */
const BY_RESULT: Readonly<Record<number, Trouble>> = {
  [SQLITE_BUSY]: LOCKED,
  6: LOCKED,
  8: { reason: 'is read-only', cure: RIGHTS, lasting: true },
  10: {
    reason: 'cannot be read or written: the disk fails',
    cure: `look after the disk, or ${ELSEWHERE}`,
    lasting: false,
  },
  11: { reason: 'is damaged', cure: NEW_FILE, lasting: true },
  13: { reason: 'cannot grow: the disk is full', cure: `make room, or ${ELSEWHERE}`, lasting: false },
  14: { reason: 'cannot be opened', cure: RIGHTS, lasting: true },
  // SQLITE_PROTOCOL: others held its locks whenever it asked.
  15: LOCKED,
  26: { reason: 'is not a database', cure: NEW_FILE, lasting: true },
};

const BY_CODE: Readonly<Record<string, Trouble>> = {
  EACCES: { reason: 'cannot be opened: permission denied', cure: RIGHTS, lasting: true },
  EPERM: { reason: 'cannot be opened: permission denied', cure: RIGHTS, lasting: true },
  EROFS: { reason: 'is on a read-only file system', cure: ELSEWHERE, lasting: true },
  EISDIR: FOLDER,
  ENOTDIR: { reason: 'has a file where a folder should be', cure: ELSEWHERE, lasting: true },
  EEXIST: { reason: 'has a file where a folder should be', cure: ELSEWHERE, lasting: true },
  ENOENT: { reason: 'does not exist', cure: 'start mcpspan with --store and this path', lasting: true },
  ENOSPC: { reason: 'cannot be made: the disk is full', cure: `make room, or ${ELSEWHERE}`, lasting: true },
};

/** SQLite's primary result code; undefined: the error is not SQLite's. */
export function resultOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}

/** Another process has the lock at the moment. */
export const isBusy = (error: unknown): boolean => resultOf(error) === SQLITE_BUSY;

export function troubleOf(error: unknown): Trouble {
  if (error instanceof StoreError) return error.trouble;
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const unknown = { reason: `cannot be used: ${text}`, cure: NEW_FILE, lasting: true };
  const result = resultOf(error);
  if (result !== undefined) return BY_RESULT[result] ?? unknown;
  return (error instanceof Error && 'code' in error && BY_CODE[String(error.code)]) || unknown;
}

/** One line for people. It does not say what the store can still do. */
export const sentenceOf = (path: string, { reason, cure }: Trouble): string => `${path} ${reason}; ${cure}`;
