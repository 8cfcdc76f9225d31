import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { openInMemory, openToWrite } from './database.ts';

/** Where a store is, and how to open it. */
export interface StoreLocation {
  /** The name of the location, for people. */
  path: string;
  /** @throws StoreError, or what SQLite or the file system throws */
  open(): OpenDatabase;
}

export interface OpenDatabase {
  db: DatabaseSync;
  /** The open file is still the one at the path. */
  isCurrent(): boolean;
}

export const storeInFile = (path: string): StoreLocation => ({
  path,
  open() {
    const db = openToWrite(path);
    const { ino } = statSync(path);
    return { db, isCurrent: () => statSync(path, { throwIfNoEntry: false })?.ino === ino };
  },
});

/** A store that ends with the process. @param onOpen gets the database, for a reader */
export const storeInMemory = (onOpen: (db: DatabaseSync) => void): StoreLocation => ({
  path: 'memory',
  open() {
    const db = openInMemory();
    onOpen(db);
    return { db, isCurrent: () => true };
  },
});
