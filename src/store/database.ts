import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { FOLDER, isBusy, resultOf, StoreError } from './trouble.ts';

/** How long a writer waits for another one, in milliseconds: the observer reads nothing meanwhile. */
export const SHORT_WAIT_MS = 250;
/** At the start, when several processes may make the same file, and at the end, after which nothing is tried. */
export const LONG_WAIT_MS = 1_000;
/** Before SQLite is asked for its log again, in milliseconds, and how often: as long as it waits for other things. */
const LOG_PAUSE_MS = 25;
const MAX_LOG_ATTEMPTS = 40;
/** Who reads has nothing else to do. */
const READER_WAIT_MS = 5_000;
/** SQLITE_READONLY, SQLITE_CANTOPEN. */
const READ_ONLY: ReadonlySet<number | undefined> = new Set([8, 14]);
const MAX_LOG_BYTES = 16 * 1_024 * 1_024;

/**
 * Opens the store to write, makes it if there is none (mode 0600), and brings an older one up to date. It waits for
 * others patiently.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function openToWrite(path: string): DatabaseSync {
  makeFile(path);
  const db = new DatabaseSync(path);
  try {
    waitForOthers(db, LONG_WAIT_MS);
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

/** A store that is gone with its process. */
export function openInMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA trusted_schema = OFF');
  migrate(db);
  return db;
}

/** From now on, whatever is locked is waited for: so many milliseconds, each time. */
export function waitForOthers(db: DatabaseSync, milliseconds: number): void {
  db.exec(`PRAGMA busy_timeout = ${milliseconds}`);
}

/**
 * Opens the store to read, while it is written to or not. One by an older version is brought up to date first.
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
    // Where nothing may be written there is no writer either; SQLite would make its files beside it.
    if (!READ_ONLY.has(resultOf(error))) throw error;
    const url = pathToFileURL(path);
    url.search = '?immutable=1';
    return check(new DatabaseSync(url, { readOnly: true }));
  }
}

function check(db: DatabaseSync): { db: DatabaseSync; version: number } {
  try {
    waitForOthers(db, READER_WAIT_MS);
    db.exec('PRAGMA trusted_schema = OFF');
    return { db, version: checkedVersion(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives the files beside it the same mode.
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    checkAccess(path, constants.R_OK | constants.W_OK);
  }
}

/**
 * SQLite says only that it cannot open: the file system says why. The file is not opened for it: to close it would take
 * away every lock that this process holds on it, and another one would delete the log that we write to
 * (sqlite.org/howtocorrupt.html, 2.2).
 */
function checkAccess(path: string, mode: number): void {
  accessSync(path, mode);
  if (statSync(path).isDirectory()) throw new StoreError(FOLDER);
}

/** Of two that ask for this at once SQLite refuses one, and does not let it wait. */
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

/** The version of its schema; 0: there is none yet. */
function checkedVersion(db: DatabaseSync): number {
  // Another process may make the schema between two questions.
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

/** One process does it, others wait and find it done. */
function migrate(db: DatabaseSync): void {
  inTransaction(db, 'BEGIN IMMEDIATE', () => {
    for (const step of MIGRATIONS.slice(versionIn(db))) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** All of it, or nothing. @throws what is thrown in it, or by SQLite */
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

/** The one number that a query answers with. */
export function numberOf(db: DatabaseSync, query: string): number {
  const [value] = Object.values(db.prepare(query).get() ?? {});
  return Number(value);
}
