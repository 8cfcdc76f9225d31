import type { Words } from './arguments.ts';
import { isOption } from './arguments.ts';
import { belongs, takenBy, type Mode, type SettingsOf } from './command-settings.ts';
import { Problem, type Option } from './option-kinds.ts';
import { OPTIONS, type OptionName } from './options.ts';
import type { Environment } from './signals.ts';

/** What a configuration file is read with: flags and environment, as they were at the start. */
export type FileSource = Pick<SettingsSource, 'given' | 'env'>;

/** A configuration file that is yet to be read. */
export interface UnreadFile {
  file: string;
  source: FileSource;
  /** What was found before that. */
  problems: readonly string[];
}

export interface ConfigCheck extends UnreadFile {
  json: boolean;
}

/** Where settings come from, and where problems go. */
export interface SettingsSource {
  given: Words['given'];
  env: Environment;
  /** Collects problems with flags. */
  problems: string[];
  /** Collects problems with environment variables. */
  variableProblems: string[];
  /** What a configuration file says. */
  file?: WrittenOptions;
}

/** Options in a configuration file, each with its value and what stands before a problem with it: file, line, key. */
export type WrittenOptions = ReadonlyMap<OptionName, { value: unknown; label: string }>;

/** The environment variable of an option: `MCPSPAN_` and the flag's name. */
export const variableOf = (name: string): string => `MCPSPAN_${name.toUpperCase().replaceAll('-', '_')}`;

/** Reads the options that belong to a mode: flag, else variable, else configuration file, else default. */
export function readSettings<To extends Mode>(mode: To, source: SettingsSource): SettingsOf<To> {
  const names = Object.keys(OPTIONS).filter(isOption);
  // Reads all options, so that every problem is reported.
  const values = names.map((name): [OptionName, unknown] => [name, read(name, mode, source)]);
  // The cast is true: the type comes from the same table and rule, and each value from the parser of its name.
  return Object.fromEntries(values.filter(([name]) => belongs(name, mode))) as SettingsOf<To>;
}

function read(name: OptionName, mode: Mode, { given, env, problems, variableProblems, file }: SettingsSource): unknown {
  // The table pairs each name with its own value type; a loop over names can't say so to the compiler.
  const option = OPTIONS[name] as unknown as Option<unknown>;
  const flags = given.get(name);
  const variable = env[variableOf(name)];
  if (flags !== undefined && !belongs(name, mode)) problems.push(misplaced(name, option, mode));
  if (option.only === 'http' && mode === 'stdio') return option.default;
  const fromVariable = flags === undefined && variable !== undefined && variable !== '';
  const written = flags === undefined && !fromVariable ? file?.get(name) : undefined;
  let value = written === undefined ? option.default : written.value;
  for (const text of flags ?? (fromVariable ? [variable] : [])) {
    const parsed = option.parse(text, value);
    if (!(parsed instanceof Problem)) value = parsed;
    else if (fromVariable) variableProblems.push(`${variableOf(name)}: ${parsed.text}`);
    else problems.push(`--${name}: ${parsed.text}`);
  }
  return value;
}

/** Explains why a flag does not belong to this mode. */
function misplaced(name: OptionName, { only }: Option<unknown>, mode: Mode): string {
  if (typeof only === 'object')
    return `--${name} belongs to: ${only.map((command) => `mcpspan ${command}`).join(', ')}`;
  if (name === 'config' && mode !== 'stdio')
    return `--config is the proxy's own: mcpspan --config FILE; leave it out after mcpspan ${mode}, or check the file: mcpspan config check FILE`;
  if (takenBy(mode) !== undefined) return `--${name} is the proxy's: mcpspan ${mode} has no use for it, leave it out`;
  return name === 'upstream'
    ? '--upstream and a command after -- are two servers: keep the one to watch'
    : `--${name} is for HTTP: a command after -- has no use for it, leave it out`;
}
