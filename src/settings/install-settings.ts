import { dirname, join } from 'node:path';
import { CLIENT_IDS, isClientId, type ClientId } from './client-ids.ts';
import { closest } from './closest.ts';
import type { SettingsOf } from './command-settings.ts';
import type { InstallCommand } from './option-kinds.ts';
import { readSettings, type SettingsSource } from './read-settings.ts';
import { homeFolder, storePath } from './user-folders.ts';

export interface InstallConfig extends SettingsOf<InstallCommand> {
  /** What was installed is taken away again. */
  undo: boolean;
  clients: readonly ClientId[];
  /** The clients were named; else those are meant that are there. */
  named: boolean;
  home: string;
  /** The folder for copies of what is changed. */
  backups: string;
}

/** Reads `mcpspan install [CLIENT…]`, or its opposite. Undefined: there are problems. */
export function readInstall(
  command: InstallCommand,
  words: readonly string[],
  source: SettingsSource,
): InstallConfig | undefined {
  const { env, problems } = source;
  const settings = readSettings(command, source);
  const unknown = words.filter((word) => !isClientId(word));
  for (const word of unknown) {
    const nearest = closest(word, CLIENT_IDS);
    const cure = nearest === undefined ? `one of ${CLIENT_IDS.join(', ')}` : `did you mean ${nearest}?`;
    problems.push(`'${word}' is no client that mcpspan knows; ${cure}`);
  }
  const home = homeFolder(env);
  const store = storePath('default', env);
  if (home === undefined || store === undefined) problems.push('this user has no home folder: set HOME');
  if (home === undefined || store === undefined || problems.length > 0) return undefined;
  const clients = words.filter(isClientId);
  const named = clients.length > 0;
  return {
    ...settings,
    undo: command === 'uninstall',
    clients: named ? clients : CLIENT_IDS,
    named,
    home,
    backups: join(dirname(store), 'backups'),
  };
}
