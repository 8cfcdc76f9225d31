/** What the first word after a runner's options names. */
type Subject = 'npm package' | 'python package' | 'image' | 'script' | 'command';

/** A program that runs another one: the server is named for what it runs. */
interface Runner {
  program: RegExp;
  /** The program runs something only after this word. */
  verb?: RegExp;
  /** Options that take the next word as their value. */
  valued: RegExp;
  runs: Subject;
}

const NPM = /^(-p|--package|-w|--workspace|--registry|--prefix|--cache)$/;
const UV =
  /^(-p|--python|--from|-w|--with|--with-editable|--directory|--project|-i|--index|--index-url|--extra|--group|--env-file)$/;
/** Any option of `docker run` except switches and those that contain their value. */
const DOCKER = /^(?!-[ditPq]+$|--(detach|interactive|tty|rm|init|privileged|publish-all|read-only|quiet)$|--.*=)-/;
const NODE = /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--tsconfig)$/;

const RUNNERS: readonly Runner[] = [
  { program: /^(npm|pnpm|yarn|bun)$/, verb: /^(x|exec|dlx)$/, valued: NPM, runs: 'npm package' },
  { program: /^(npx|pnpx|bunx)$/, valued: NPM, runs: 'npm package' },
  { program: /^pipx$/, verb: /^run$/, valued: /^(--spec|--python)$/, runs: 'python package' },
  { program: /^uvx$/, valued: UV, runs: 'python package' },
  { program: /^uv$/, verb: /^run$/, valued: UV, runs: 'command' },
  { program: /^env$/, valued: /^(-u|--unset|-C|--chdir)$/, runs: 'command' },
  { program: /^cmd$/i, verb: /^\/c$/i, valued: NPM, runs: 'command' },
  { program: /^(docker|podman)$/, verb: /^run$/, valued: DOCKER, runs: 'image' },
  { program: /^(bun|deno|mcp|fastmcp)$/, verb: /^run$/, valued: UV, runs: 'script' },
  { program: /^(node|bun|tsx|ts-node)$/, valued: NODE, runs: 'script' },
  { program: /^(py|python[\d.]*)$/i, valued: /^-[WX]$/, runs: 'script' },
];

/** Names of files and folders that say nothing, because many servers have them. */
const MEANINGLESS = /^(index|main|__main__|server|mcp|cli|app|run|start|bin|build|dist|lib|out|src|\.*|[A-Za-z]:)$/i;
/** The home folder holds the name of a user, which must not become the name of a server. */
const HOME = /^([A-Za-z]:)?[\\/](home|Users)[\\/][^\\/]+/;
/** Options with code in place of a script. */
const INLINE = /^(-c|-e|-p|-pe|--call|--eval|--print)$/;
/** Packages that only carry messages to a remote server, whose URL they get as an argument. */
const BRIDGES: ReadonlySet<string> = new Set(['mcp-remote', 'mcp-proxy', 'supergateway']);

/**
 * The default name of a wrapped server: the base name of its command or, for a runner of packages, images or scripts,
 * the name of what it runs.
 */
export function commandName(command: readonly string[]): string {
  const [program = '', ...words] = command;
  const base = (program.split(/[\\/]/).at(-1) ?? '').replace(/\.(exe|cmd|bat|ps1)$/i, '') || program;
  for (const { program: known, verb, valued, runs } of RUNNERS) {
    if (!known.test(base)) continue;
    const [first, ...others] = afterOptions(words, valued);
    if (verb === undefined) return nameOf(runs, afterOptions(words, valued), words) ?? base;
    if (first !== undefined && verb.test(first)) return nameOf(runs, afterOptions(others, valued), words) ?? base;
  }
  return base;
}

/** The words from the first that is neither an option nor the value of one; none if the options hold code. */
function afterOptions(words: readonly string[], valued: RegExp): readonly string[] {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    // After -m the name of a Python module stands in place of a script.
    if (word === '--' || word === '-m') return words.slice(index + 1);
    if (!word.startsWith('-')) return words.slice(index);
    if (valued.test(word)) index++;
    else if (INLINE.test(word)) return [];
  }
  return [];
}

/** @param words the subject and what follows @param all the same, with the options before it */
function nameOf(subject: Subject, [given, ...args]: readonly string[], all: readonly string[]): string | undefined {
  if (given === undefined) return undefined;
  // A URL may hold a password, so only its last part is used.
  const word = given.includes('://') ? given.replace(/(\.git\b|[?#]).*$/, '').replace(/^.*\//, '') : given;
  switch (subject) {
    case 'command': {
      // Variables in front of a command, as `env` takes them.
      if (/^\w+=/.test(given)) return nameOf(subject, args, all);
      const folder = all[all.indexOf('--directory') + 1];
      if (!given.endsWith('.py')) return commandName([given, ...args]);
      return scriptName(all.includes('--directory') ? `${folder}/${given}` : given);
    }
    case 'npm package':
      // The scope stays: without it half of all packages are called mcp-server.
      return hostBehind(word.replace(/(?<=.)@.*$/, ''), args);
    case 'python package':
      return hostBehind(word.replace(/[[@=<>~!].*$/, ''), args);
    case 'image':
      // Without digest, tag and registry.
      return word
        .replace(/@.*$/, '')
        .replace(/:[^/]*$/, '')
        .replace(/^(localhost|[^/]*[.:][^/]*)\//, '');
    case 'script':
      return scriptName(word);
  }
}

function hostBehind(name: string, args: readonly string[]): string {
  const url = BRIDGES.has(name) ? args.find((arg) => /^https?:\/\//.test(arg)) : undefined;
  return (url === undefined ? undefined : URL.parse(url)?.host) ?? name;
}

/** The package that a script belongs to; else the script, or the nearest folder above it with a meaningful name. */
function scriptName(path: string): string {
  const parts = path
    .replace(/\.(js|mjs|cjs|ts|mts|cts|py)$/, '')
    .replace(HOME, '')
    .split(/[\\/]/);
  const [scope = '', name = ''] = parts.slice(parts.lastIndexOf('node_modules') + 1);
  if (parts.includes('node_modules')) return scope.startsWith('@') ? `${scope}/${name}` : scope;
  return parts.findLast((part) => !MEANINGLESS.test(part)) ?? parts.at(-1) ?? path;
}
