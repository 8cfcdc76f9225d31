import { openReader } from '../../store/reader.ts';
import { findRunningDemo } from './running-demo.ts';

/**
 * The path of the store to read: the user's own or, while that is empty, that of a demo that runs, which is then said.
 * @param now milliseconds since the epoch
 */
export function ownOrDemo(own: string, now: () => number, tell: (line: string) => void): string {
  const demo = isEmpty(own, now) ? findRunningDemo(now) : undefined;
  if (demo === undefined) return own;
  tell(`mcpspan: there is no record of your own yet; this is the demo that runs (--store ${demo})`);
  return demo;
}

/** Whether there is no store yet, or nothing in it. */
function isEmpty(path: string, now: () => number): boolean {
  const opened = openReader(path, now);
  if (opened.kind === 'trouble') return opened.missing;
  using reader = opened.reader;
  return reader.cursor() === 0 && reader.sessions({ limit: 1 }).length === 0;
}
