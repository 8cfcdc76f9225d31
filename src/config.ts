import { parseArgs } from 'node:util';
import { OPTIONS, Problem, type Option, type OptionName, type Settings } from './options.ts';
import { readSignals, type Environment, type Signals } from './signals.ts';
import { readSampler, type SamplerSetting } from './transport/sampling.ts';

export interface ProxyConfig extends Omit<Settings, 'upstream' | 'name'> {
  upstream: URL;
  name: string;
  signals: Signals;
  sampler: SamplerSetting;
}

export interface DemoConfig extends Omit<Settings, 'upstream'> {
  upstream: URL | undefined;
  signals: Signals;
  sampler: SamplerSetting;
}

export type Parsed =
  | { ok: true; command: 'help' | 'help-all' | 'version' }
  | { ok: true; command: 'proxy'; config: ProxyConfig }
  | { ok: true; command: 'demo'; config: DemoConfig }
  | { ok: false; problems: string[] };

const COMMANDS = ['demo'] as const;
const LATER_COMMANDS = ['page', 'sessions', 'session', 'clients', 'tools', 'slow', 'tail', 'report', 'probe', 'doctor'];

const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);

/** The environment variable of an option: `MCPSPAN_` and the flag. */
export const variableOf = (name: string): string => `MCPSPAN_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * Reads the command line: flag, else `MCPSPAN_*` variable, else default. `OTEL_*` says what is exported.
 * Collects every problem, each with its cure, instead of stopping at the first.
 */
export function parseConfig(argv: readonly string[], env: Environment): Parsed {
  const problems: string[] = [];
  const given = new Map<OptionName, string[]>();
  const words: string[] = [];
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries([
      ...Object.entries<{ argument?: string }>(OPTIONS).map(([name, option]) => [
        name,
        { type: option.argument === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
      ]),
      ...['help', 'help-all', 'version'].map((name) => [name, { type: 'boolean' as const }]),
    ]),
  });
  let afterUnknown = false;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') {
      problems.push(
        'wrapping a stdio command is not part of this version; run the server over HTTP and give its --upstream URL',
      );
      break;
    }
    if (token.kind === 'positional') {
      // Most likely the value of the flag that was misspelt.
      if (!afterUnknown) words.push(token.value);
      afterUnknown = false;
      continue;
    }
    afterUnknown = false;
    if (token.name === 'help' || token.name === 'h') return { ok: true, command: 'help' };
    if (token.name === 'help-all' || token.name === 'version') return { ok: true, command: token.name };
    if (!isOption(token.name)) {
      problems.push(unknownFlag(token.rawName));
      afterUnknown = true;
    } else if ('argument' in OPTIONS[token.name] && token.value === undefined) {
      problems.push(`${token.rawName} needs a value: ${token.rawName} ${argumentOf(token.name)}`);
    } else {
      given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
    }
  }
  const command = words.shift();
  if (command !== undefined && command !== 'demo') problems.push(unknownCommand(command));
  for (const word of words) problems.push(`'${word}' is one word too many; a URL goes after --upstream`);

  const settings = readSettings(given, env, command === 'demo', problems);
  const signals = readSignals(env, problems);
  const sampler = readSampler(env['OTEL_TRACES_SAMPLER'], env['OTEL_TRACES_SAMPLER_ARG']);
  if (sampler === undefined) {
    problems.push(
      'OTEL_TRACES_SAMPLER is not one of always_on, always_off, traceidratio, parentbased_…, or its _ARG is not from 0 to 1',
    );
    return { ok: false, problems: [...new Set(problems)] };
  }
  if (command === 'demo') {
    if (settings.upstream !== undefined && settings.profile.length === 0) {
      problems.push('demo --upstream plays against a real server: say which clients with --profile NAME');
    }
    return problems.length > 0
      ? { ok: false, problems: [...new Set(problems)] }
      : { ok: true, command, config: { ...settings, signals, sampler } };
  }
  const { upstream } = settings;
  if (upstream === undefined) {
    if (command === undefined && !problems.some((problem) => problem.startsWith('--upstream'))) {
      problems.push(
        '--upstream is missing: mcpspan --upstream http://localhost:3000/mcp (or try it out: mcpspan demo)',
      );
    }
    return { ok: false, problems: [...new Set(problems)] };
  }
  if (problems.length > 0) return { ok: false, problems: [...new Set(problems)] };
  return {
    ok: true,
    command: 'proxy',
    config: { ...settings, upstream, name: settings.name ?? upstream.host, signals, sampler },
  };
}

function readSettings(
  given: ReadonlyMap<OptionName, readonly string[]>,
  env: Environment,
  demo: boolean,
  problems: string[],
): Settings {
  const read = (name: OptionName): unknown => {
    // The table pairs each name with its own value type; a loop over names can't say so to the compiler.
    const option = OPTIONS[name] as unknown as Option<unknown>;
    const flags = given.get(name);
    const variable = env[variableOf(name)];
    if (flags !== undefined && option.only === 'demo' && !demo) problems.push(`--${name} belongs to: mcpspan demo`);
    const fromVariable = flags === undefined && variable !== undefined && variable !== '';
    let value = option.default;
    for (const source of flags ?? (fromVariable ? [variable] : [])) {
      const parsed = option.parse(source, value);
      if (parsed instanceof Problem) {
        problems.push(`${fromVariable ? variableOf(name) : `--${name}`}: ${parsed.text}`);
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

function argumentOf(name: OptionName): string {
  const option = OPTIONS[name];
  return 'argument' in option ? String(option.argument) : '';
}

function unknownFlag(flag: string): string {
  const nearest = closest(flag.replace(/^-+/, ''), Object.keys(OPTIONS));
  return `${flag} is unknown${nearest === undefined ? '; see mcpspan --help' : `; did you mean --${nearest}?`}`;
}

function unknownCommand(word: string): string {
  if (LATER_COMMANDS.includes(word)) return `the command '${word}' is not part of this version`;
  if (URL.canParse(word) && word.includes('://')) return `'${word}' is not a command; did you mean --upstream ${word}?`;
  const nearest = closest(word, COMMANDS);
  return `'${word}' is not a command${nearest === undefined ? '; see mcpspan --help' : `; did you mean ${nearest}?`}`;
}

function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
