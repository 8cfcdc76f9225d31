import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { resultOf, StoreError } from './trouble.ts';

/** How long a writer waits for another one, in milliseconds: the observer reads nothing meanwhile. */
const BUSY_MILLISECONDS = 250;
/** At the start, when several processes may make the same file. */
const START_MILLISECONDS = 1_000;
/** Who reads has nothing else to do. */
const READER_MILLISECONDS = 5_000;
/** SQLITE_READONLY, SQLITE_CANTOPEN. */
const READ_ONLY: ReadonlySet<number | undefined> = new Set([8, 14]);
const LARGEST_LOG = 16 * 1_024 * 1_024;

/**
 * Opens the store to write, makes it if there is none (mode 0600), and brings an older one up to date.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function openToWrite(path: string): DatabaseSync {
  makeFile(path);
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${START_MILLISECONDS}`);
    const version = checkedVersion(db);
    if (version === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${LARGEST_LOG}; PRAGMA trusted_schema = OFF`);
    if (version < SCHEMA_VERSION) migrate(db);
    db.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`);
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

/**
 * Opens the store to read, while it is written to or not. One by an older version is brought up to date first.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function openToRead(path: string): DatabaseSync {
  // SQLite says only that it cannot open: the file system says why.
  closeSync(openSync(path, 'r'));
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
    db.exec(`PRAGMA busy_timeout = ${READER_MILLISECONDS}; PRAGMA trusted_schema = OFF`);
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
    closeSync(openSync(path, 'r+'));
  }
}

/** The version of its schema; 0: there is none yet. */
function checkedVersion(db: DatabaseSync): number {
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
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(checkedVersion(db))) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
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
