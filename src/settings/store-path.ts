import { posix, win32 } from 'node:path';

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
