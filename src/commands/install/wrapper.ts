import { realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join, posix, win32 } from 'node:path';
import type { Environment } from '../../settings/signals.ts';

/** The command that is put before a server's. */
export interface Wrapper {
  words: readonly string[];
  /** It is found by the client's PATH, which may be shorter than the user's. */
  byPath: boolean;
  /** What people are told about it. */
  said: string;
}

/** How this process was started. */
export interface Invocation {
  /** The path of Node, without symbolic links. */
  node: string;
  /** The path of our script, as it was called. */
  script: string;
  env: Environment;
  platform: NodeJS.Platform;
  version: string;
}

/** Folders on PATH that are there only for a while, or for one project. */
const PASSING = /fnm_multishells|node_modules[\\/]\.bin/;
const NPX_CACHE = /[\\/]_npx[\\/]/;
const PASSING_SCRIPT = /[\\/](dlx|bunx)-?[^\\/]*[\\/]/;

/**
 * The command to put in, by full paths, because a client that is started from a desktop has a short PATH. Returns a
 * sentence where there is none that lasts.
 */
export function chooseWrapper({ node, script, env, platform, version }: Invocation): Wrapper | string {
  // The single-file executable is both.
  if (script === node) return { words: [node], byPath: false, said: node };
  if (NPX_CACHE.test(script)) {
    const words = [...(platform === 'win32' ? ['cmd', '/c'] : []), 'npx', '-y', `mcpspan@${version}`];
    const said = `${words.join(' ')} (a mcpspan of your own starts sooner: npm install --global mcpspan)`;
    return { words, byPath: true, said };
  }
  if (PASSING_SCRIPT.test(script)) {
    return `mcpspan runs from a folder that will not last, ${dirname(script)}: install it (npm install --global mcpspan), then run this again`;
  }
  const words = [lastingNode(node, env, platform), script];
  return { words, byPath: false, said: words.join(' ') };
}

/**
 * The same Node by the path that lasts: package managers keep each version in a folder of its own, which goes away with
 * the next one, and link to it from a folder on PATH.
 */
function lastingNode(node: string, env: Environment, platform: NodeJS.Platform): string {
  const name = platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder) || PASSING.test(folder)) continue;
    const path = join(folder, name);
    if (realPath(path) === realPath(node)) return path;
  }
  return node;
}

const isAbsolute = (path: string): boolean => posix.isAbsolute(path) || win32.isAbsolute(path);

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

const OUR_SCRIPT = /(^|[\\/])mcpspan(\.cjs|[\\/](dist|src)[\\/]cli\.(js|ts))?$/;
const programOf = (word: string): string =>
  basename(word.replaceAll('\\', '/'))
    .replace(/\.(exe|cmd|ps1)$/i, '')
    .toLowerCase();

/**
 * Where in a command line the wrapped command begins; undefined: it is not wrapped.
 *
 * @param scripts paths at which a mcpspan is, or was
 */
export function wrappedFrom(words: readonly string[], scripts: ReadonlySet<string>): number | undefined {
  const end = words.indexOf('--');
  if (end < 1 || end === words.length - 1) return undefined;
  const ours = words.slice(0, end);
  if (programOf(ours[0] ?? '') === 'cmd' && ours[1]?.toLowerCase() === '/c') ours.splice(0, 2);
  const [program = '', script = ''] = ours;
  if (programOf(program) === 'npx') {
    const named = ours.slice(1).find((word) => !word.startsWith('-')) ?? '';
    return /^mcpspan(@.*)?$/.test(named) ? end + 1 : undefined;
  }
  const isOurs =
    programOf(program) === 'mcpspan' || scripts.has(program) || scripts.has(script) || OUR_SCRIPT.test(script);
  return isOurs ? end + 1 : undefined;
}
