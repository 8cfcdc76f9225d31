import type { Address } from '../transport/names.ts';
import type { Command } from '../transport/stdio/wrapped-process.ts';
import { inquiryOf, readWords, type Inquiry, type Words } from './arguments.ts';
import { unknownCommand } from './closest.ts';
import { collectConfig, type CollectConfig } from './collect-config.ts';
import { readDoctorConfig, type DoctorConfig } from './doctor-config.ts';
import { COMMANDS, type Mode, type SettingsOf } from './command-settings.ts';
import type { CommandName, InstallCommand, StoreCommand } from './command-names.ts';
import { CAPTURES, OPTIONS } from './options.ts';
import { isOwnServer } from './own-server.ts';
import { checkPage, openPage } from './page-address.ts';
import { readSettings, variableOf, type ConfigCheck, type SettingsSource, type UnreadFile } from './read-settings.ts';
import { commandName } from './server-name.ts';
import { NO_SIGNALS, readTelemetry, type Environment, type Telemetry } from './signals.ts';
import { withOneServer, type ProxyConfig } from './server-config.ts';
import { homeFolder, storePath } from './store-path.ts';
import type { StoreQuestion } from './store-question.ts';
import { checkTls, checkTlsOf } from './tls-settings.ts';

/** Settings with the path of the store; undefined: there is none. */
type Located<To extends Mode> = Omit<SettingsOf<To>, 'store'> & { store: string | undefined };

export interface StdioConfig extends Omit<Located<'stdio'>, 'name'>, Telemetry {
  name: string;
  /** The command to run in our place, with its arguments. */
  run: Command;
  /** Faults in the environment. They cost telemetry, never the command. */
  warnings: readonly string[];
}

export interface DemoConfig extends SettingsOf<'demo'>, Telemetry {}

export interface PageConfig extends Omit<SettingsOf<'page'>, 'page' | 'store'> {
  page: Address;
  store: string;
  /** Nobody named the store. */
  isOwnStore: boolean;
}

export interface ProbeConfig extends Located<'probe'> {
  url: URL;
}

export interface InstallConfig extends SettingsOf<InstallCommand> {
  /** Clients as they were named; none: those that are there. */
  clients: readonly string[];
  home: string;
  /** A file in the user's folder for the state of programs. */
  store: string;
}

export interface McpConfig {
  store: string;
}

export type Parsed =
  | ({ ok: true } & Inquiry)
  | { ok: true; command: 'completions'; shell: string | undefined }
  | { ok: true; command: 'proxy'; config: ProxyConfig }
  | ({ ok: true; command: 'configured' } & UnreadFile)
  | { ok: true; command: 'config'; config: ConfigCheck }
  | { ok: true; command: 'stdio'; config: StdioConfig }
  | { ok: true; command: 'demo'; config: DemoConfig }
  | { ok: true; command: 'page'; config: PageConfig }
  | { ok: true; command: 'collect'; config: CollectConfig }
  | { ok: true; command: 'probe'; config: ProbeConfig }
  | { ok: true; command: 'doctor'; config: DoctorConfig }
  | { ok: true; command: 'healthcheck'; config: SettingsOf<'healthcheck'> }
  | { ok: true; command: InstallCommand; config: InstallConfig }
  | { ok: true; command: 'mcp'; config: McpConfig }
  | ({ ok: true } & StoreQuestion)
  | { ok: false; problems: string[] };

const WITH_WORD: ReadonlySet<CommandName> = new Set(['probe', 'session', 'journeys', 'report', 'completions', 'tools']);

/**
 * Reads the command line: flag, else `MCPSPAN_*` variable, else default. `OTEL_*` says what is exported.
 * Collects every problem, each with its cure, instead of stopping at the first.
 */
export function parseConfig(argv: readonly string[], env: Environment): Parsed {
  const end = argv.indexOf('--');
  // Everything after `--` belongs to another program, whatever it looks like.
  const { given, words, asked, problems } = readWords(end < 0 ? argv : argv.slice(0, end));
  const inquiry = inquiryOf({ asked, given }, end < 0 ? words : ['stdio']);
  if (inquiry !== undefined) return { ok: true, ...inquiry };
  if (end >= 0) return wrapped(argv.slice(end + 1), { given, words, env, problems });

  const word = words.shift();
  const command = COMMANDS.find((name) => name === word);
  if (word !== undefined && command === undefined) problems.push(unknownCommand(word, COMMANDS));
  const takesWord = command !== undefined && WITH_WORD.has(command);
  const target = takesWord ? words.shift() : undefined;
  const source = { given, env, problems, variableProblems: problems };
  if (command === 'install' || command === 'uninstall') return installing(command, words, source);
  if (command === 'config') return checking(words, source);
  for (const more of words) problems.push(`'${more}' is unexpected; a URL goes after --upstream`);
  switch (command) {
    case undefined:
      return proxied(source, word !== undefined);
    case 'demo':
      return played(source);
    case 'page':
      return paged(source);
    case 'probe':
      return probed(target, source);
    case 'collect': {
      const config = collectConfig(source);
      return config === undefined ? refused(problems) : { ok: true, command, config };
    }
    case 'doctor':
      return examined(source);
    case 'healthcheck':
      return checked(source);
    case 'completions':
      readSettings('completions', source);
      return problems.length > 0 ? refused(problems) : { ok: true, command, shell: target };
    case 'mcp':
      return assisting(source);
    default:
      return reading(command, target, source);
  }
}

const refused = (problems: readonly string[]): Parsed => ({ ok: false, problems: [...new Set(problems)] });

/** @param misled a word stands where a command was expected; it may be the upstream */
function proxied(source: SettingsSource, misled: boolean): Parsed {
  const { given, env, problems } = source;
  const before = [...problems];
  const { store, ...settings } = readSettings('http', source);
  const { upstream, config: file } = settings;
  if (file !== undefined) return { ok: true, command: 'configured', file, source: { given, env }, problems: before };
  checkPage(settings, problems);
  checkTls(settings, problems);
  const telemetry = readTelemetry(env, problems);
  if (upstream === undefined && !misled && !problems.some((text) => text.startsWith('--upstream'))) {
    problems.push('--upstream is missing: mcpspan --upstream http://localhost:3000/mcp (or try it out: mcpspan demo)');
  }
  if (upstream === undefined || problems.length > 0) return refused(problems);
  const name = settings.name ?? upstream.host;
  const config = withOneServer({ ...settings, ...telemetry, store: storePath(store, env), upstream, name });
  return { ok: true, command: 'proxy', config };
}

function played(source: SettingsSource): Parsed {
  const { env, problems } = source;
  const settings = readSettings('demo', source);
  checkPage(settings, problems);
  checkTls(settings, problems);
  const telemetry = readTelemetry(env, problems);
  if (settings.upstream !== undefined && settings.profile.length === 0) {
    problems.push('demo --upstream plays against a real server: say which clients with --profile NAME');
  }
  const chosen = source.given.has('capture') || (env[variableOf('capture')] ?? '') !== '';
  // What simulated clients send is nobody's secret, and fills the page.
  const capture = settings.upstream === undefined && !chosen ? CAPTURES : settings.capture;
  if (problems.length > 0) return refused(problems);
  return { ok: true, command: 'demo', config: { ...settings, ...telemetry, capture } };
}

/** `mcpspan page`: the page alone. */
function paged(source: SettingsSource): Parsed {
  const { env, problems } = source;
  const { page, store: place, ...settings } = readSettings('page', source);
  checkPage({ page, ...settings }, problems);
  const store = storePath(place, env);
  if (store === undefined) problems.push(NOTHING_TO_READ);
  if (page === undefined) problems.push('--page is off: leave it out, or say where the page is to be');
  return page === undefined || store === undefined || problems.length > 0
    ? refused(problems)
    : { ok: true, command: 'page', config: { ...settings, page, store, isOwnStore: place === 'default' } };
}

function probed(target: string | undefined, source: SettingsSource): Parsed {
  const { env, problems } = source;
  const { store, ...settings } = readSettings('probe', source);
  const url = target === undefined ? null : URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const what = target === undefined ? 'no URL is given' : `'${target}' is no http: or https: URL`;
    return refused([...problems, `${what}: mcpspan probe http://localhost:3000/mcp`]);
  }
  checkTlsOf(url, settings, source.given, problems);
  return problems.length > 0
    ? refused(problems)
    : { ok: true, command: 'probe', config: { ...settings, store: storePath(store, env), url } };
}

function examined(source: SettingsSource): Parsed {
  const config = readDoctorConfig(source);
  return source.problems.length > 0 ? refused(source.problems) : { ok: true, command: 'doctor', config };
}

/** `mcpspan config check FILE`: reads it as the proxy would with these flags. */
function checking([verb, word, ...more]: readonly string[], source: SettingsSource): Parsed {
  const { given, env, problems } = source;
  const before = [...problems];
  const { json } = readSettings('config', source);
  const named = word ?? env[variableOf('config')] ?? '';
  const file = verb === 'check' ? OPTIONS.config.parse(named, undefined) : undefined;
  if (typeof file !== 'string' || more.length > 0)
    return refused([...problems, 'which file? mcpspan config check FILE']);
  const forProxy = new Map([...given].filter(([name]) => name !== 'json'));
  const config = { file, source: { given: forProxy, env }, problems: before, json };
  return { ok: true, command: 'config', config };
}

/** An address on this command line is meant, whatever the file says. Other variables are the proxy's, which checks them. */
function checked({ given, env, problems }: SettingsSource): Parsed {
  const variableProblems: string[] = [];
  const settings = readSettings('healthcheck', { given, env, problems, variableProblems });
  problems.push(...variableProblems.filter((text) => text.startsWith(variableOf('health'))));
  const config = given.has('health') ? { ...settings, 'health-file': undefined } : settings;
  return problems.length > 0 ? refused(problems) : { ok: true, command: 'healthcheck', config };
}

function installing(command: InstallCommand, clients: readonly string[], source: SettingsSource): Parsed {
  const { env, problems } = source;
  const settings = readSettings(command, source);
  const [home, store] = [homeFolder(env), storePath('default', env)];
  if (home === undefined || store === undefined) problems.push('this user has no home folder: set HOME');
  if (home === undefined || store === undefined || problems.length > 0) return refused(problems);
  return { ok: true, command, config: { ...settings, clients, home, store } };
}

/** `mcpspan mcp`: an MCP server over the record. */
function assisting(source: SettingsSource): Parsed {
  const { env, problems } = source;
  const store = storePath(readSettings('mcp', source).store, env);
  if (store === undefined) problems.push(NOTHING_TO_READ);
  return store === undefined || problems.length > 0
    ? refused(problems)
    : { ok: true, command: 'mcp', config: { store } };
}

const NOTHING_TO_READ = '--store is off: leave it out, or name the file that mcpspan --store PATH keeps';

const WANTED: Partial<Record<StoreCommand, string>> = {
  session: 'which session? mcpspan session ID (the beginning of the id is enough; mcpspan sessions lists them)',
  report: 'which file? mcpspan report FILE.html (or FILE.md, or - for stdout)',
};

function reading(command: StoreCommand, word: string | undefined, source: SettingsSource): Parsed {
  const { env, problems } = source;
  const config = readSettings(command, source);
  const store = storePath(config.store, env);
  const wanted = word === undefined ? WANTED[command] : undefined;
  if (wanted !== undefined) problems.push(wanted);
  if (word !== undefined && 'changes' in config && !config.changes)
    problems.push(`'${word}' is unexpected: mcpspan tools --tool ${word}, or mcpspan tools --changes ${word}`);
  if (store === undefined) problems.push(NOTHING_TO_READ);
  if (store === undefined || problems.length > 0) return refused(problems);
  // The settings were read for this command: the compiler does not follow which of them it is.
  return { ok: true, command, word: word ?? '', store, config } as Parsed;
}

/** `mcpspan [options] -- COMMAND`: only mistakes on this command line keep the command from running. */
function wrapped(
  run: readonly string[],
  { given, words, env, problems }: Pick<Words, 'given' | 'words' | 'problems'> & { env: Environment },
): Parsed {
  const [program, ...args] = run;
  if (program === undefined) problems.push('no command stands after --: mcpspan -- npx -y some-server');
  for (const word of words)
    problems.push(`'${word}' stands before --: what is to be run, and all of it, goes after it`);
  const warnings: string[] = [];
  const settings = readSettings('stdio', { given, env, problems, variableProblems: warnings });
  const faults: string[] = [];
  const telemetry = readTelemetry(env, faults);
  warnings.push(...faults.map((fault) => `${fault}; until then nothing is exported`));
  if (program === undefined || problems.length > 0) return refused(problems);
  // Off unless asked for: a client may have many wrapped servers, and only one of them could have the port.
  const wanted = given.has('page') || Boolean(env[variableOf('page')]);
  const open = wanted ? openPage(settings) : undefined;
  if (open !== undefined) warnings.push(`${open}; until then there is no page`);
  const page = wanted && open === undefined ? settings.page : undefined;
  const unseen = isOwnServer(run);
  if (unseen) warnings.push('mcpspan mcp reads the record, so it is neither recorded nor exported itself');
  return {
    ok: true,
    command: 'stdio',
    config: {
      ...settings,
      ...telemetry,
      ...((faults.length > 0 || unseen) && { signals: NO_SIGNALS }),
      store: unseen ? undefined : storePath(settings.store, env),
      page: unseen ? undefined : page,
      name: settings.name ?? commandName(run),
      run: [program, ...args],
      warnings,
    },
  };
}
