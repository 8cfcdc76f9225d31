import { posix, win32 } from 'node:path';

/** Where we are: the environment, the platform as Node names it, and the user's home folder. */
export interface Place {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
}

const FILE = 'store.db';

/**
 * Where the store is when nobody says: the user's folder for what programs remember. On Linux as the XDG base directory
 * specification has it, where a relative `XDG_STATE_HOME` counts as unset.
 */
export function defaultStorePath({ env, platform, home }: Place): string {
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'mcpspan', FILE);
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'mcpspan', FILE);
  const state = env['XDG_STATE_HOME'];
  const folder = state !== undefined && posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state');
  return posix.join(folder, 'mcpspan', FILE);
}
