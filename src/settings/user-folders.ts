import { homedir } from 'node:os';
import type { StoreSetting } from './option-kinds.ts';
import type { Environment } from './signals.ts';
import { defaultStorePath } from './store-path.ts';

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
