import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import type { StoreSetting } from './option-kinds.ts';
import type { Environment } from './signals.ts';

/** What the default path depends on: the environment, the platform as Node names it, the user's home folder. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
}

const FILE = 'store.db';

/**
 * The default path of the store, in the user's folder for program state. On Linux this follows the XDG base directory
 * specification, where a relative `XDG_STATE_HOME` counts as unset.
 */
export function defaultStorePath({ env, platform, home }: Surroundings): string {
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'mcpspan', FILE);
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'mcpspan', FILE);
  const state = env['XDG_STATE_HOME'];
  const folder = state !== undefined && posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state');
  return posix.join(folder, 'mcpspan', FILE);
}

/** The path of the store; undefined: there is none. */
export function storePath(place: StoreSetting, env: Environment): string | undefined {
  if (place === 'off') return undefined;
  if (place !== 'default') return place.path;
  const home = homeFolder(env);
  // A user without a home has no default store.
  if (home === undefined && !env['XDG_STATE_HOME']) return undefined;
  return defaultStorePath({ env, platform: process.platform, home: home ?? '/' });
}

/** Undefined: the system does not know the user, as with the user ids that some clusters make up. */
export function homeFolder(env: Environment): string | undefined {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir() || undefined;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}
