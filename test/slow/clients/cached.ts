import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

/** How long what is not there yet may take, in milliseconds. */
export const INSTALL_TIMEOUT = 10 * 60_000;

/**
 * A folder outside the repository, named for what these files say and filled once by `fill`, which gets a folder that
 * has them. Of two that fill at once the first to be done wins. @param salt what else makes a folder another one
 */
export async function cached(
  files: readonly URL[],
  fill: (folder: string) => Promise<void>,
  salt = '',
): Promise<string> {
  const hash = createHash('sha256').update(salt);
  for (const file of files) hash.update(readFileSync(file));
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mcpspan-slow');
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const filling = mkdtempSync(join(cache, 'filling-'));
  try {
    for (const file of files) cpSync(file, join(filling, basename(file.pathname)));
    await fill(filling);
    renameSync(filling, folder);
  } catch (error) {
    rmSync(filling, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
