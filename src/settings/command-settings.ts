import {
  INSTALL_COMMANDS,
  isInstallCommand,
  isStoreCommand,
  OTHER_COMMANDS,
  STORE_COMMANDS,
  type CommandName,
  type InstallCommand,
  type StoreCommand,
} from './command-names.ts';
import type { Option } from './option-kinds.ts';
import { OPTIONS, type OptionName, type Settings } from './options.ts';

/** What the command line runs: the proxy for HTTP, a wrapped command, or a command of ours. */
export type Mode = 'http' | 'stdio' | CommandName;

/** Every command, as the first word says it. */
export const COMMANDS: readonly CommandName[] = [...OTHER_COMMANDS, ...STORE_COMMANDS, ...INSTALL_COMMANDS];

/** Commands that run an HTTP proxy or check what it needs. Options for HTTP belong to them. */
const HTTP_MODES = ['http', 'demo', 'doctor', 'config'] as const;
/** Of the options for HTTP, the one that other commands have no use for: they play one server, or are told the file. */
const FILE_OPTION = 'config';
const FILE_MODES = ['http', 'doctor'] as const;
/** The general options that these commands accept. General options are those that belong to no command in particular. */
const PAGE_OPTIONS = ['page', 'page-token', 'trace-link', 'store'] as const;
const HEALTHCHECK_OPTIONS = ['health', 'health-file'] as const;
/** Of the proxy's options, those that have to do with what comes of spans, not with traffic. */
const COLLECT_OPTIONS = [
  'name',
  'page',
  'page-token',
  'trace-link',
  'health',
  'tools',
  'hash-ids',
  'idle-seconds',
  'spool',
  'spool-max-mb',
  'store',
  'store-max-mb',
  'store-days',
  'max-clients',
  'max-tools',
  'max-sessions',
] as const;
const STORE_OPTIONS = ['store'] as const;
const PROBE_OPTIONS = ['store', 'upstream-ca', 'upstream-cert', 'upstream-key'] as const;

/** Which commands an option belongs to, according to the table; undefined: it is a general option. */
type OnlyOf<Name extends OptionName> = (typeof OPTIONS)[Name] extends { only: infer Only } ? Only : undefined;
/** The general options that `To` accepts. */
type TakenBy<To extends Mode> = To extends 'page'
  ? (typeof PAGE_OPTIONS)[number]
  : To extends 'probe'
    ? (typeof PROBE_OPTIONS)[number]
    : To extends 'collect'
      ? (typeof COLLECT_OPTIONS)[number]
      : To extends 'healthcheck'
        ? (typeof HEALTHCHECK_OPTIONS)[number]
        : To extends 'mcp' | StoreCommand
          ? (typeof STORE_OPTIONS)[number]
          : To extends InstallCommand | 'completions'
            ? never
            : To extends (typeof HTTP_MODES)[number]
              ? To extends (typeof FILE_MODES)[number]
                ? OptionName
                : Exclude<OptionName, typeof FILE_OPTION>
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

// The cast is true: values and type come from the same table.
/** The values of all options when the command line names none. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, option]) => [name, option.default]),
) as Settings;

/** Whether an option belongs to a mode. The rule is that of the type `BelongsTo`. */
export function belongs(name: OptionName, mode: Mode): boolean {
  const { only }: Pick<Option<never>, 'only'> = OPTIONS[name];
  if (name === FILE_OPTION) return FILE_MODES.some((one) => one === mode);
  if (typeof only === 'object') return only.some((command) => command === mode);
  const taken: readonly OptionName[] | undefined = takenBy(mode);
  return taken === undefined ? only !== 'http' || HTTP_MODES.some((one) => one === mode) : taken.includes(name);
}

/** The general options that a mode accepts, if they are only a few; undefined: they are more. */
export function takenBy(mode: Mode): readonly OptionName[] | undefined {
  if (mode === 'page') return PAGE_OPTIONS;
  if (mode === 'completions' || isInstallCommand(mode)) return [];
  if (mode === 'probe') return PROBE_OPTIONS;
  if (mode === 'collect') return COLLECT_OPTIONS;
  if (mode === 'healthcheck') return HEALTHCHECK_OPTIONS;
  return mode === 'mcp' || isStoreCommand(mode) ? STORE_OPTIONS : undefined;
}
