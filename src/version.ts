import { existsSync, readFileSync } from 'node:fs';

// The same place seen from src/ and from dist/.
const { version: text }: { version?: unknown } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

export const version = String(text);

/** What `scripts/build.ts` writes beside the code: all that is known of the commit that was built. */
export interface Build {
  /** Its hash. */
  commit?: string;
  /** Its day: `2026-11-29`. */
  committedAt?: string;
  /** Files differed from it. */
  changed?: boolean;
}

/** Undefined: this is the source itself. */
export function readBuild(): Build | undefined {
  const file = new URL('build.json', import.meta.url);
  // Our own build wrote it.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Build) : undefined;
}
