import { readdirSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { openReader } from '../../store/reader.ts';
import { DEMO_FOLDER } from './demo-store.ts';

/**
 * The store of a demo of this user that is running; the one that was heard of last. It is found by its temporary folder.
 * @param now milliseconds since the epoch
 */
export function findRunningDemo(now: () => number, place = tmpdir()): string | undefined {
  const found = foldersIn(place).flatMap((folder) => {
    const path = join(place, folder, 'store.db');
    // Anybody can put a folder there.
    return isOwn(join(place, folder)) ? heardOf(path, now).map((seenAt) => ({ path, seenAt })) : [];
  });
  return found.toSorted((a, b) => b.seenAt - a.seenAt)[0]?.path;
}

function foldersIn(place: string): string[] {
  try {
    return readdirSync(place).filter((name) => name.startsWith(DEMO_FOLDER));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

function isOwn(folder: string): boolean {
  // It may be gone by now.
  const about = statSync(folder, { throwIfNoEntry: false });
  return about?.isDirectory() === true && (process.platform === 'win32' || about.uid === userInfo().uid);
}

/** When the processes that write to a store, and run, were heard of. */
function heardOf(path: string, now: () => number): number[] {
  const opened = openReader(path, now);
  if (opened.kind === 'trouble') return [];
  using reader = opened.reader;
  return reader.processes().flatMap(({ running, seenAt }) => (running ? [seenAt] : []));
}
