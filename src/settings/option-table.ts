import { isStoreCommand, STORE_COMMANDS } from './command-names.ts';
import type { Option } from './option-kinds.ts';
import { OPTIONS, type OptionName } from './options.ts';

/** What is said about an option. */
export type OptionRow = Pick<Option<never>, 'argument' | 'shown' | 'meaning' | 'internal' | 'only'> & {
  name: OptionName;
};

export const optionRows = (): OptionRow[] =>
  // The table has no other keys.
  Object.entries<Omit<OptionRow, 'name'>>(OPTIONS).map(([name, row]) => ({ ...row, name: name as OptionName }));

/** Whether the value of an option is the path of a file or folder, or may be. */
export const takesFile = ({ argument = '' }: Pick<OptionRow, 'argument'>): boolean => /^(FILE|PATH\|)/.test(argument);

/** The commands that an option belongs to, in words; undefined: it is the proxy's, or general. */
export function commandsOf({ only }: OptionRow): string | undefined {
  if (only === undefined || only === 'http') return undefined;
  const all = STORE_COMMANDS.every((command) => only.includes(command));
  const others = only.filter((command) => !all || !isStoreCommand(command));
  return [...others, ...(all ? ['commands that read the store'] : [])].join(', ');
}

/** The table of options in docs/options.md, in Markdown. */
export function optionTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const line = (row: OptionRow): string => {
    const { name, argument, shown, meaning } = row;
    const commands = commandsOf(row);
    return `| \`--${name}${argument === undefined ? '' : ` ${cell(argument)}`}\` | ${shown === undefined ? '–' : `\`${cell(shown)}\``} | ${commands === undefined ? '' : `${commands}: `}${cell(meaning)} |`;
  };
  return ['| option | default | meaning |', '|---|---|---|', ...optionRows().map(line)].join('\n');
}
