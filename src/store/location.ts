import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openInMemory, openToWrite } from './database.ts';

/** Where a store is. */
export interface Place {
  /** For people. */
  path: string;
  /** @throws StoreError, or what SQLite or the file system throws */
  open(): OpenDatabase;
}

export interface OpenDatabase {
  db: DatabaseSync;
  /** What is open is still what stands at the path. */
  stands(): boolean;
}

export const fileAt = (path: string): Place => ({
  path,
  open() {
    const db = openToWrite(path);
    const { ino } = statSync(path);
    return { db, stands: () => statSync(path, { throwIfNoEntry: false })?.ino === ino };
  },
});

/** Gone with the process. @param onOpen takes it, to be read */
export const inMemory = (onOpen: (db: DatabaseSync) => void): Place => ({
  path: 'memory',
  open() {
    const db = openInMemory();
    onOpen(db);
    return { db, stands: () => true };
  },
});
