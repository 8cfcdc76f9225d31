import { homedir } from 'node:os';
import { closest } from './closest.ts';
import { commandName } from './server-name.ts';
import {
  isStoreCommand,
  Problem,
  STORE_COMMANDS,
  type StorePlace,
  type CommandName,
  type Option,
  type StoreCommand,
} from './option-kinds.ts';
import { addressText } from '../transport/names.ts';
import { OPTIONS, type OptionName, type Settings } from './options.ts';
import { NO_SIGNALS, readSignals, type Environment, type Signals } from './signals.ts';
import { defaultStorePath } from './store-path.ts';
import { isLoopbackName } from '../transport/names.ts';
import { readSampler, type SamplerSetting } from '../transport/trace/sampling.ts';
import type { Command } from '../transport/stdio/wrapped-process.ts';
import { isOption, readWords, type Words } from './arguments.ts';

interface Telemetry {
  signals: Signals;
  sampler: SamplerSetting;
}

/** With the path of the store; undefined: there is none. */
export interface Placed extends Omit<Settings, 'store'> {
  store: string | undefined;
}

export interface ProxyConfig extends Omit<Placed, 'upstream' | 'name'>, Telemetry {
  upstream: URL;
  name: string;
}

export interface DemoConfig extends Settings, Telemetry {}

export interface StdioConfig extends Omit<Placed, 'upstream' | 'name'>, Telemetry {
  name: string;
  /** What to run in our place, and its arguments. */
  run: Command;
  /** What is wrong with the environment: it costs telemetry, never the command. */
  warnings: readonly string[];
}

export type Parsed =
  | { ok: true; command: 'help' | 'help-all' | 'version' }
  | { ok: true; command: 'proxy'; config: ProxyConfig }
  | { ok: true; command: 'stdio'; config: StdioConfig }
  | { ok: true; command: 'demo'; config: DemoConfig }
  | { ok: true; command: 'page'; config: Placed }
  | { ok: true; command: 'probe'; url: URL; config: Placed }
  | { ok: true; command: StoreCommand; word: string; store: string; config: Settings }
  | { ok: true; command: 'doctor'; config: Placed & { sampler: SamplerSetting } }
  | { ok: false; problems: string[] };

const ALWAYS: SamplerSetting = { root: 'always_on', ratio: 1 };
const COMMANDS: readonly CommandName[] = ['demo', 'page', 'probe', 'doctor', ...STORE_COMMANDS];
/** What `mcpspan page` takes of the proxy's. */
const OF_THE_PAGE: readonly OptionName[] = ['page', 'page-token', 'trace-link', 'store'];
type Mode = 'http' | 'stdio' | CommandName;

/** The environment variable of an option: `MCPSPAN_` and the flag. */
export const variableOf = (name: string): string => `MCPSPAN_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * Reads the command line: flag, else `MCPSPAN_*` variable, else default. `OTEL_*` says what is exported.
 * Collects every problem, each with its cure, instead of stopping at the first.
 */
export function parseConfig(argv: readonly string[], env: Environment): Parsed {
  const end = argv.indexOf('--');
  // What stands behind it is another program's, whatever it looks like.
  const { given, words, asked, problems } = readWords(end < 0 ? argv : argv.slice(0, end));
  if (asked !== undefined) return { ok: true, command: asked };
  if (end >= 0) return wrapped(argv.slice(end + 1), { given, words, env, problems });

  const word = words.shift();
  const command = COMMANDS.find((name) => name === word);
  if (word !== undefined && command === undefined) problems.push(unknownCommand(word));
  const target = command === 'probe' || command === 'session' || command === 'report' ? words.shift() : undefined;
  for (const more of words) problems.push(`'${more}' is one word too many; a URL goes after --upstream`);

  const settings = readSettings(given, env, command ?? 'http', problems, problems);
  const store = storePath(settings.store, env);
  if (command === 'probe') return probed(target, { ...settings, store }, problems);
  if (command !== undefined && isStoreCommand(command)) return reading(command, target, settings, store, problems);
  if (command === undefined || command === 'demo' || command === 'page') {
    const open = openPage(settings);
    if (open !== undefined) problems.push(open);
  }
  if (command === 'page') return paged({ ...settings, store }, problems);
  // What is wrong with OTEL_* is for the doctor to tell.
  const { signals, sampler } = readTelemetry(env, command === 'doctor' ? [] : problems);
  if (command === 'doctor')
    return problems.length > 0 ? refused(problems) : { ok: true, command, config: { ...settings, store, sampler } };
  const { upstream } = settings;
  if (command === 'demo') {
    if (upstream !== undefined && settings.profile.length === 0) {
      problems.push('demo --upstream plays against a real server: say which clients with --profile NAME');
    }
    return problems.length > 0 ? refused(problems) : { ok: true, command, config: { ...settings, signals, sampler } };
  }
  if (upstream === undefined && word === undefined && !problems.some((text) => text.startsWith('--upstream'))) {
    problems.push('--upstream is missing: mcpspan --upstream http://localhost:3000/mcp (or try it out: mcpspan demo)');
  }
  if (upstream === undefined || problems.length > 0) return refused(problems);
  return {
    ok: true,
    command: 'proxy',
    config: { ...settings, store, upstream, name: settings.name ?? upstream.host, signals, sampler },
  };
}

function probed(target: string | undefined, settings: Placed, problems: readonly string[]): Parsed {
  const url = target === undefined ? null : URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const what = target === undefined ? 'no URL is given' : `'${target}' is no http: or https: URL`;
    return refused([...problems, `${what}: mcpspan probe http://localhost:3000/mcp`]);
  }
  return problems.length > 0 ? refused(problems) : { ok: true, command: 'probe', url, config: settings };
}

/** `mcpspan page`: nothing but the page. */
function paged(config: Placed, problems: readonly string[]): Parsed {
  const wrong = [
    config.store === undefined ? NOTHING_TO_READ : '',
    config.page === undefined ? '--page is off: leave it out, or say where the page is to be' : '',
  ];
  const all = [...problems, ...wrong.filter((text) => text !== '')];
  return all.length > 0 ? refused(all) : { ok: true, command: 'page', config };
}

const NOTHING_TO_READ = '--store is off: leave it out, or name the file that mcpspan --store PATH keeps';

/** What is wrong with a page that others than this machine's users can reach. */
function openPage({ page, 'page-token': token }: Pick<Settings, 'page' | 'page-token'>): string | undefined {
  return page === undefined || token !== undefined || isLoopbackName(page.host)
    ? undefined
    : `--page ${addressText(page)} can be reached from elsewhere: give --page-token TOKEN too, or listen on 127.0.0.1`;
}

function storePath(place: StorePlace, env: Environment): string | undefined {
  if (place === 'off') return undefined;
  if (place !== 'default') return place.path;
  const home = env['HOME'] || homeOfUser();
  // Where a user has no home there is no record, unless it is named.
  if (home === undefined && !env['XDG_STATE_HOME']) return undefined;
  return defaultStorePath({ env, platform: process.platform, home: home ?? '/' });
}

/** Undefined: the system knows no such user, as with the user ids that some clusters make up. */
function homeOfUser(): string | undefined {
  try {
    return homedir();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}

const WANTED: Partial<Record<StoreCommand, string>> = {
  session: 'say which: mcpspan session ID (the beginning of it is enough; mcpspan sessions lists them)',
  report: 'say where to: mcpspan report FILE.html (or FILE.md, or -)',
};

function reading(
  command: StoreCommand,
  word: string | undefined,
  settings: Settings,
  store: string | undefined,
  problems: readonly string[],
): Parsed {
  const wanted = word === undefined ? WANTED[command] : undefined;
  const missing = store === undefined ? NOTHING_TO_READ : undefined;
  const all = [...problems, ...[wanted, missing].filter((problem) => problem !== undefined)];
  return store === undefined || all.length > 0
    ? refused(all)
    : { ok: true, command, word: word ?? '', store, config: settings };
}

const refused = (problems: readonly string[]): Parsed => ({ ok: false, problems: [...new Set(problems)] });

/** `mcpspan [options] -- COMMAND`: only what was written on this very command line can keep the command from running. */
function wrapped(
  run: readonly string[],
  { given, words, env, problems }: Pick<Words, 'given' | 'words' | 'problems'> & { env: Environment },
): Parsed {
  const [program, ...args] = run;
  if (program === undefined) problems.push('no command stands after --: mcpspan -- npx -y some-server');
  for (const word of words)
    problems.push(`'${word}' stands before --: what is to be run, and all of it, goes after it`);
  const warnings: string[] = [];
  const settings = readSettings(given, env, 'stdio', problems, warnings);
  const faults: string[] = [];
  const telemetry = readTelemetry(env, faults);
  warnings.push(...faults.map((fault) => `${fault}; until then nothing is exported`));
  if (program === undefined || problems.length > 0) return refused(problems);
  // Off unless asked for: a client has many wrapped servers, and one port would do for one of them.
  const wanted = given.has('page') || Boolean(env[variableOf('page')]);
  const open = wanted ? openPage(settings) : undefined;
  if (open !== undefined) warnings.push(`${open}; until then there is no page`);
  const page = wanted && open === undefined ? settings.page : undefined;
  return {
    ok: true,
    command: 'stdio',
    config: {
      ...settings,
      ...telemetry,
      ...(faults.length > 0 && { signals: NO_SIGNALS }),
      store: storePath(settings.store, env),
      page,
      name: settings.name ?? commandName(run),
      run: [program, ...args],
      warnings,
    },
  };
}

function readTelemetry(env: Environment, problems: string[]): Telemetry {
  const signals = readSignals(env, problems);
  const sampler = readSampler(env['OTEL_TRACES_SAMPLER'], env['OTEL_TRACES_SAMPLER_ARG']);
  if (sampler === undefined) {
    problems.push(
      'OTEL_TRACES_SAMPLER is not one of always_on, always_off, traceidratio, parentbased_…, or its _ARG is not from 0 to 1',
    );
  }
  return { signals, sampler: sampler ?? ALWAYS };
}

/** Where a flag is wrong, `problems` are told; where a variable is, `elsewhere`. */
function readSettings(
  given: ReadonlyMap<OptionName, readonly string[]>,
  env: Environment,
  mode: Mode,
  problems: string[],
  elsewhere: string[],
): Settings {
  const read = (name: OptionName): unknown => {
    // The table pairs each name with its own value type; a loop over names can't say so to the compiler.
    const option = OPTIONS[name] as unknown as Option<unknown>;
    const flags = given.get(name);
    const variable = env[variableOf(name)];
    const commands = typeof option.only === 'object' ? option.only : undefined;
    if (flags !== undefined && commands?.some((command) => command === mode) === false)
      problems.push(`--${name} belongs to: ${commands.map((command) => `mcpspan ${command}`).join(', ')}`);
    const looks =
      ((mode === 'probe' || isStoreCommand(mode)) && name !== 'store') ||
      (mode === 'page' && !OF_THE_PAGE.includes(name));
    if (flags !== undefined && commands === undefined && looks)
      problems.push(`--${name} is the proxy's: mcpspan ${mode} has no use for it, leave it out`);
    if (option.only === 'http' && mode === 'stdio') {
      if (flags !== undefined) problems.push(notForCommands(name));
      return option.default;
    }
    const fromVariable = flags === undefined && variable !== undefined && variable !== '';
    let value = option.default;
    for (const source of flags ?? (fromVariable ? [variable] : [])) {
      const parsed = option.parse(source, value);
      if (parsed instanceof Problem) {
        if (fromVariable) elsewhere.push(`${variableOf(name)}: ${parsed.text}`);
        else problems.push(`--${name}: ${parsed.text}`);
      } else {
        value = parsed;
      }
    }
    return value;
  };
  const entries = Object.keys(OPTIONS)
    .filter(isOption)
    .map((name) => [name, read(name)]);
  // Built from the same table that makes the type: every name, each with what its own parser returned.
  return Object.fromEntries(entries) as Settings;
}

function notForCommands(name: OptionName): string {
  return name === 'upstream'
    ? '--upstream and a command after -- are two servers: keep the one to watch'
    : `--${name} is for HTTP: a command after -- has no use for it, leave it out`;
}

function unknownCommand(word: string): string {
  if (URL.canParse(word) && word.includes('://')) return `'${word}' is not a command; did you mean --upstream ${word}?`;
  const nearest = closest(word, COMMANDS);
  return `'${word}' is not a command; ${nearest === undefined ? `to wrap one: mcpspan -- ${word} …` : `did you mean ${nearest}?`}`;
}
