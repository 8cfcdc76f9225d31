import type { SettingsOf } from './command-settings.ts';
import type { StoreCommand } from './command-names.ts';

/** A command that reads the store, with its settings. */
export type StoreQuestion = {
  [Name in StoreCommand]: {
    command: Name;
    /** The word after the command: the beginning of an id, or a file. */
    word: string;
    /** Path of the store. */
    store: string;
    config: SettingsOf<Name>;
  };
}[StoreCommand];
