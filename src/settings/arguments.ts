import { parseArgs } from 'node:util';
import { closest } from './closest.ts';
import { OPTIONS, type OptionName } from './options.ts';

export const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);

/** The parts of a command line. */
export interface Words {
  given: ReadonlyMap<OptionName, readonly string[]>;
  /** Words that are neither options nor values of options. */
  words: string[];
  asked: 'help' | 'help-all' | 'version' | undefined;
  problems: string[];
}

/** Splits a command line into its parts. `problems` lists unknown options, and options without a value. */
export function readWords(argv: readonly string[]): Words {
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
  let asked: Words['asked'];
  let afterUnknown = false;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      // Most likely the value of the misspelt flag.
      if (!afterUnknown) words.push(token.value);
      afterUnknown = false;
      continue;
    }
    afterUnknown = false;
    if (token.name === 'help' || token.name === 'h') asked ??= 'help';
    else if (token.name === 'v') asked ??= 'version';
    else if (token.name === 'help-all' || token.name === 'version') asked ??= token.name;
    else if (!isOption(token.name)) {
      problems.push(unknownFlag(token.rawName));
      afterUnknown = true;
    } else if ('argument' in OPTIONS[token.name] && token.value === undefined) {
      problems.push(`${token.rawName} needs a value: ${token.rawName} ${argumentOf(token.name)}`);
    } else {
      given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
    }
  }
  return { given, words, asked, problems };
}

/** A question about mcpspan itself. */
export type Inquiry =
  | { command: 'help-all' }
  | { command: 'version'; json: boolean }
  | { command: 'help'; /** A command, or what may be one. */ topic: string | undefined };

/** An option asks; else the first of the words may. */
export function inquiryOf(
  { asked, given }: Pick<Words, 'asked' | 'given'>,
  [first, second]: readonly string[],
): Inquiry | undefined {
  if (asked === 'help-all') return { command: asked };
  const json = given.has('json');
  if (asked === 'version') return { command: asked, json };
  if (first === 'help') return { command: 'help', topic: second };
  if (asked === 'help') return { command: 'help', topic: first };
  return first === 'version' ? { command: 'version', json } : undefined;
}

function argumentOf(name: OptionName): string {
  const option = OPTIONS[name];
  return 'argument' in option ? String(option.argument) : '';
}

function unknownFlag(flag: string): string {
  const nearest = closest(flag.replace(/^-+/, ''), Object.keys(OPTIONS));
  return `${flag} is unknown${nearest === undefined ? '; see mcpspan --help' : `; did you mean --${nearest}?`}`;
}
