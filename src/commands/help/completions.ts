import { CLIENT_IDS } from '../../settings/client-ids.ts';
import { COMMAND_HELP, type HelpTopic } from '../../settings/command-help.ts';
import { belongs } from '../../settings/command-settings.ts';
import { optionRows, takesFile, type OptionRow } from '../../settings/option-table.ts';

const SHELLS = { bash: forBash, zsh: forZsh, fish: forFish };
const isShell = (word: string): word is keyof typeof SHELLS => Object.hasOwn(SHELLS, word);

/** `mcpspan completions SHELL`: prints what the shell has to run. Returns the exit code. */
export function completions(
  shell: string | undefined,
  { print, tell }: { print(text: string): void; tell(line: string): void },
): number {
  if (shell === undefined || !isShell(shell)) {
    const what = shell === undefined ? 'which shell?' : 'there are none for this shell:';
    tell(`mcpspan: ${what} mcpspan completions ${Object.keys(SHELLS).join('|')}`);
    return 2;
  }
  print(SHELLS[shell]());
  return 0;
}

const COMMANDS: readonly { name: string; summary: string }[] = [
  ...Object.entries(COMMAND_HELP)
    .filter(([name]) => name !== 'http' && name !== 'stdio')
    .map(([name, { summary }]) => ({ name, summary })),
  { name: 'help', summary: 'options and examples of a command' },
  { name: 'version', summary: 'the version of mcpspan, and the commit that it was built from' },
];

/** Words that may stand after a command. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  install: CLIENT_IDS,
  uninstall: CLIENT_IDS,
  config: ['check'],
  completions: Object.keys(SHELLS),
  help: Object.keys(COMMAND_HELP),
};

/** Commands after which a file may stand, too. */
const WITH_FILE: ReadonlySet<string> = new Set(['config']);

const OPTIONS = optionRows().filter(({ internal }) => internal !== true);
const flagsOf = (topic: HelpTopic): string[] =>
  OPTIONS.filter(({ name }) => belongs(name, topic)).map(({ name }) => `--${name}`);
/** The words among which an option chooses; none: it takes something else. */
const choicesOf = ({ argument = '' }: OptionRow): string[] =>
  argument.includes('|') && !argument.startsWith('PATH')
    ? argument.split('|').filter((word) => /^[a-z+-]+$/.test(word))
    : [];

const TOPICS = [...new Set<HelpTopic>(['http', ...COMMANDS.map(({ name }) => name).filter(isTopic)])];
function isTopic(name: string): name is HelpTopic {
  return Object.hasOwn(COMMAND_HELP, name);
}

/** What follows `--` is completed as a command of its own, where bash knows how. */
function forBash(): string {
  const values = OPTIONS.flatMap((row) => {
    const words = choicesOf(row);
    if (words.length > 0)
      return [`    --${row.name}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")); return ;;`];
    // Nothing to offer: bash offers files by itself.
    return row.argument === undefined ? [] : [`    --${row.name}) return ;;`];
  });
  const flags = TOPICS.map((topic) => `    ${topic === 'http' ? "''" : topic}) flags='${flagsOf(topic).join(' ')}' ;;`);
  const after = Object.entries(AFTER).map(([command, words]) => `    ${command}) words='${words.join(' ')}' ;;`);
  return `# Completions of mcpspan for bash. In ~/.bashrc: source <(mcpspan completions bash)
_mcpspan() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' flags='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      if declare -F _command_offset >/dev/null; then _command_offset $((i + 1)); fi
      return
    fi
    case \${COMP_WORDS[i]} in
    ${COMMANDS.map(({ name }) => name).join('|')}) [[ -z $command ]] && command=\${COMP_WORDS[i]} ;;
    esac
  done
  # bash takes the = of --option=value for a word of its own.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case $prev in
${values.join('\n')}
  esac
  case $command in
${flags.join('\n')}
  esac
  case $command in
    '') words='${COMMANDS.map(({ name }) => name).join(' ')}' ;;
${after.join('\n')}
  esac
  if [[ $cur == -* ]]; then words="$flags --help"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _mcpspan mcpspan
`;
}

/** Text between single quotes of a shell. */
const quoted = (text: string): string => text.replaceAll('`', '').replaceAll("'", "'\\''");

function forZsh(): string {
  const pair = (name: string, meaning: string): string => `'${quoted(`${name.replaceAll(':', '\\:')}:${meaning}`)}'`;
  const described = (topic: HelpTopic): string[] =>
    OPTIONS.filter(({ name }) => belongs(name, topic)).map(({ name, meaning }) => pair(`--${name}`, meaning));
  const values = OPTIONS.flatMap((row) => {
    const words = choicesOf(row);
    if (words.length > 0) return [`    --${row.name}) compadd -- ${words.join(' ')}; return ;;`];
    if (takesFile(row)) return [`    --${row.name}) _files; return ;;`];
    return row.argument === undefined ? [] : [`    --${row.name}) _message '${quoted(row.argument)}'; return ;;`];
  });
  const flags = TOPICS.map(
    (topic) => `    ${topic === 'http' ? "''" : topic}) flags=(${described(topic).join(' ')}) ;;`,
  );
  const after = Object.entries(AFTER).map(
    ([command, words]) => `    ${command}) compadd -- ${words.join(' ')}${WITH_FILE.has(command) ? '; _files' : ''} ;;`,
  );
  return `#compdef mcpspan
# Completions of mcpspan for zsh. In ~/.zshrc, after compinit: source <(mcpspan completions zsh)
_mcpspan() {
  local command='' previous=$words[CURRENT-1] i
  local -a flags commands
  commands=(${COMMANDS.map(({ name, summary }) => pair(name, summary)).join(' ')})
  for ((i = 2; i < CURRENT; i++)); do
    if [[ $words[i] == -- ]]; then
      shift $i words
      ((CURRENT -= i))
      _normal
      return
    fi
    case $words[i] in
    ${COMMANDS.map(({ name }) => name).join('|')}) [[ -z $command ]] && command=$words[i] ;;
    esac
  done
  if [[ $words[CURRENT] == --*=* ]]; then
    previous=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case $previous in
${values.join('\n')}
  esac
  case $command in
${flags.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe option flags
    return
  fi
  case $command in
    '') _describe command commands ;;
${after.join('\n')}
    *) _files ;;
  esac
}
compdef _mcpspan mcpspan
`;
}

function forFish(): string {
  const names = COMMANDS.map(({ name }) => name).join(' ');
  const commands = COMMANDS.map(
    ({ name, summary }) => `complete -c mcpspan -f -n __mcpspan_begins -a ${name} -d '${quoted(summary)}'`,
  );
  const after = Object.entries(AFTER).map(
    ([command, words]) =>
      `complete -c mcpspan${WITH_FILE.has(command) ? '' : ' -f'} -n '__mcpspan_after ${command}' -a '${words.join(' ')}'`,
  );
  const options = OPTIONS.map((row) => {
    const commandsWith = TOPICS.filter((topic) => topic !== 'http' && belongs(row.name, topic));
    const seen = commandsWith.length === 0 ? [] : [`__mcpspan_after ${commandsWith.join(' ')}`];
    const when = [...(belongs(row.name, 'http') ? ['__mcpspan_begins'] : []), ...seen].join('; or ');
    const words = choicesOf(row);
    const value =
      row.argument === undefined
        ? ''
        : words.length > 0
          ? ` -x -a '${words.join(' ')}'`
          : takesFile(row)
            ? ' -r'
            : ' -x';
    return `complete -c mcpspan -n '${when}' -l ${row.name}${value} -d '${quoted(row.meaning)}'`;
  });
  return `# Completions of mcpspan for fish. In ~/.config/fish/config.fish: mcpspan completions fish | source
function __mcpspan_wraps
  contains -- -- (commandline -opc)
end
function __mcpspan_begins
  not __mcpspan_wraps; and not __fish_seen_subcommand_from ${names}
end
function __mcpspan_after
  not __mcpspan_wraps; and __fish_seen_subcommand_from $argv
end
function __mcpspan_wrapped
  set -l words (commandline -opc)
  set -e words[1..(contains -i -- -- $words)]
  complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end
complete -c mcpspan -f -n __mcpspan_wraps -a '(__mcpspan_wrapped)'
${[...commands, ...after, ...options].join('\n')}
`;
}
