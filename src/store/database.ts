import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { FOLDER, isBusy, resultOf, StoreError } from './store-error.ts';

/** How long a writer waits for another one. The observer reads nothing meanwhile. */
export const SHORT_WAIT_MS = 250;
/**
 * The wait at the start, when several processes may create the same file, and at the end, when there is no later try.
 */
export const LONG_WAIT_MS = 1_000;
/** SQLite is asked for its log so often, with this pause: as long as it waits for other locks. */
const LOG_PAUSE_MS = 25;
const MAX_LOG_ATTEMPTS = 40;
/** A reader has nothing else to do. */
const READER_WAIT_MS = 5_000;
/** SQLITE_READONLY, SQLITE_CANTOPEN. */
const READ_ONLY: ReadonlySet<number | undefined> = new Set([8, 14]);
const MAX_LOG_BYTES = 16 * 1_024 * 1_024;

/**
 * Opens the store to write, creates it if there is none (mode 0600), and brings an older one up to date. It waits
 * longer for other processes than a later write does.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function openToWrite(path: string): DatabaseSync {
  makeFile(path);
  const db = new DatabaseSync(path);
  try {
    setBusyTimeout(db, LONG_WAIT_MS);
    const version = checkedVersion(db);
    if (version === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    writeToLog(db);
    db.exec(`PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${MAX_LOG_BYTES}; PRAGMA trusted_schema = OFF`);
    if (version < SCHEMA_VERSION) migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a store in memory, which ends with its process. */
export function openInMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA trusted_schema = OFF');
  migrate(db);
  return db;
}

/** Sets how long each later statement waits for a lock of another process. */
export function setBusyTimeout(db: DatabaseSync, timeoutMs: number): void {
  db.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
}

/**
 * Opens the store to read, even while others write to it. An older version of it is brought up to date first.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function openToRead(path: string): DatabaseSync {
  checkAccess(path, constants.R_OK);
  const { db, version } = openReader(path);
  if (version === SCHEMA_VERSION) return db;
  db.close();
  if (version === 0) throw new StoreError({ reason: 'is empty', cure: 'run mcpspan with it first', lasting: true });
  openToWrite(path).close();
  return openReader(path).db;
}

function openReader(path: string): { db: DatabaseSync; version: number } {
  try {
    return check(new DatabaseSync(path, { readOnly: true }));
  } catch (error) {
    // Nothing may be written here, so there is no writer. Without `immutable` SQLite wants to create files beside it.
    if (!READ_ONLY.has(resultOf(error))) throw error;
    const url = pathToFileURL(path);
    url.search = '?immutable=1';
    return check(new DatabaseSync(url, { readOnly: true }));
  }
}

function check(db: DatabaseSync): { db: DatabaseSync; version: number } {
  try {
    setBusyTimeout(db, READER_WAIT_MS);
    db.exec('PRAGMA trusted_schema = OFF');
    return { db, version: checkedVersion(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the files that it creates beside this one the same mode.
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    checkAccess(path, constants.R_OK | constants.W_OK);
  }
}

/**
 * SQLite says only that it cannot open a file; the file system says why. The check does not open the file: closing it
 * would release every lock that this process holds on it, and another process would delete the log that we write to
 * (sqlite.org/howtocorrupt.html, 2.2).
 */
function checkAccess(path: string, mode: number): void {
  accessSync(path, mode);
  if (statSync(path).isDirectory()) throw new StoreError(FOLDER);
}

/** If two processes ask for this at once, SQLite refuses one and does not let it wait. */
function writeToLog(db: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (attempt === MAX_LOG_ATTEMPTS || !isBusy(error)) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOG_PAUSE_MS);
  }
}

/** The version of the schema; 0: there is none yet. */
function checkedVersion(db: DatabaseSync): number {
  // In one transaction: another process may create the schema between two queries.
  return inTransaction(db, 'BEGIN', () => versionIn(db));
}

function versionIn(db: DatabaseSync): number {
  const version = numberOf(db, 'PRAGMA user_version');
  const ours = numberOf(db, 'PRAGMA application_id') === APPLICATION_ID;
  if (!ours && (version > 0 || numberOf(db, 'SELECT count(*) FROM sqlite_schema') > 0)) {
    throw new StoreError({
      reason: 'is a database of another program',
      cure: 'give --store another path',
      lasting: true,
    });
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError({
      reason: `was written by a newer mcpspan (schema ${version}, this one knows ${SCHEMA_VERSION})`,
      cure: 'update mcpspan, or give --store another path',
      lasting: true,
    });
  }
  return ours ? version : 0;
}

/** One process migrates; the others wait and find the work done. */
function migrate(db: DatabaseSync): void {
  inTransaction(db, 'BEGIN IMMEDIATE', () => {
    for (const step of MIGRATIONS.slice(versionIn(db))) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Runs `act` in a transaction: all of it happens, or nothing. @throws what `act` or SQLite throws */
export function inTransaction<Value>(db: DatabaseSync, begin: 'BEGIN' | 'BEGIN IMMEDIATE', act: () => Value): Value {
  db.exec(begin);
  try {
    const value = act();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The result of a query that gives one number. */
export function numberOf(db: DatabaseSync, query: string): number {
  const [value] = Object.values(db.prepare(query).get() ?? {});
  return Number(value);
}
