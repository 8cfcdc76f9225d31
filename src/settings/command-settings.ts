import { isStoreCommand, type CommandName, type Option, type StoreCommand } from './option-kinds.ts';
import { OPTIONS, type OptionName, type Settings } from './options.ts';

/** What the command line runs: the proxy for HTTP, a wrapped command, or a command of ours. */
export type Mode = 'http' | 'stdio' | CommandName;

/** What runs a proxy for HTTP, or looks at what one needs: the options for HTTP belong to it. */
const HTTP_MODES = ['http', 'demo', 'doctor'] as const;
/** What these commands take of the options that belong to no command in particular. */
const PAGE_OPTIONS = ['page', 'page-token', 'trace-link', 'store'] as const;
const STORE_OPTIONS = ['store'] as const;

/** What the table says that an option belongs to; undefined: to whatever runs. */
type OnlyOf<Name extends OptionName> = (typeof OPTIONS)[Name] extends { only: infer Only } ? Only : undefined;
/** What `To` takes of the options that belong to no command in particular. */
type TakenBy<To extends Mode> = To extends 'page'
  ? (typeof PAGE_OPTIONS)[number]
  : To extends 'probe' | StoreCommand
    ? (typeof STORE_OPTIONS)[number]
    : To extends (typeof HTTP_MODES)[number]
      ? OptionName
      : { [Name in OptionName]: OnlyOf<Name> extends 'http' ? never : Name }[OptionName];
type BelongsTo<To extends Mode> = {
  [Name in OptionName]: OnlyOf<Name> extends readonly (infer Command)[]
    ? To extends Command
      ? Name
      : never
    : Extract<Name, TakenBy<To>>;
}[OptionName];

/** The values of exactly the options that belong to `To`. */
export type SettingsOf<To extends Mode> = Pick<Settings, BelongsTo<To>>;

// Made of the table that makes the type.
/** The values of all options where the command line names none. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, option]) => [name, option.default]),
) as Settings;

/** Whether an option belongs to what runs: the same rule as that of the type `BelongsTo`. */
export function belongs(name: OptionName, mode: Mode): boolean {
  const { only }: Pick<Option<never>, 'only'> = OPTIONS[name];
  if (typeof only === 'object') return only.some((command) => command === mode);
  const taken: readonly OptionName[] | undefined = takenBy(mode);
  return taken === undefined ? only !== 'http' || HTTP_MODES.some((one) => one === mode) : taken.includes(name);
}

/** Undefined: what runs takes more than a few. */
export function takenBy(mode: Mode): readonly OptionName[] | undefined {
  if (mode === 'page') return PAGE_OPTIONS;
  return mode === 'probe' || isStoreCommand(mode) ? STORE_OPTIONS : undefined;
}
