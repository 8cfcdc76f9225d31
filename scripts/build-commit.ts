import { spawnSync } from 'node:child_process';
import type { Build } from '../src/version.ts';

/**
 * The commit that is built: that of the checkout, or `REVISION` where there is none, as in an image. It has no time of the
 * build, so that the same commit builds the same files.
 */
export function buildOf(root: string, env: NodeJS.ProcessEnv): Build {
  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const named = env['REVISION']?.trim() || undefined;
  // A checkout of something else may hold the sources, such as the cache of a package manager.
  const isOurs = git('rev-parse', '--show-prefix') === '';
  const commit = isOurs ? git('rev-parse', 'HEAD') : undefined;
  if (commit === undefined) return named === undefined ? {} : { commit: named };
  const [committedAt, changes] = [git('show', '-s', '--format=%cs', 'HEAD'), git('status', '--porcelain')];
  return { commit, ...(committedAt && { committedAt }), ...(changes !== '' && { changed: true }) };
}
