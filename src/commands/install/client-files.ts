import { existsSync, readdirSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import type { ClientId } from '../../settings/client-ids.ts';
import type { Environment } from '../../settings/signals.ts';
import { jsonFormat } from './json-format.ts';
import type { ServerTables } from './server-entry.ts';
import { TOML_FORMAT } from './toml-format.ts';
import type { Format } from './value.ts';

/** A configuration file of a client. */
export interface ClientFile {
  client: ClientId;
  title: string;
  path: string;
  format: Format;
  tables: ServerTables;
}

/** What paths depend on. */
export interface Machine {
  env: Environment;
  platform: NodeJS.Platform;
  home: string;
  /** The folder whose project files are meant. */
  folder: string;
}

type Paths = Machine & {
  join(...parts: string[]): string;
  /** The folder for settings of desktop programs. */
  settings: string;
};

interface ClientKind {
  title: string;
  format: Format;
  tables: ServerTables;
  /** Its files for this user, whether they are there or not. */
  user(paths: Paths): string[];
  /** Its file in a project's folder. */
  project?: readonly string[];
}

const STRICT = jsonFormat(false);
const LENIENT = jsonFormat(true);
const MCP_SERVERS = { servers: 'mcpServers' };

const CLIENTS: Readonly<Record<ClientId, ClientKind>> = {
  'claude-desktop': {
    title: 'Claude Desktop',
    format: STRICT,
    tables: MCP_SERVERS,
    user: ({ join, settings, env, platform }) => [
      join(settings, 'Claude', 'claude_desktop_config.json'),
      // Where Windows keeps it for the program from its store.
      ...(platform === 'win32' && env['LOCALAPPDATA'] ? [join(env['LOCALAPPDATA'], ...WINDOWS_STORE)] : []),
    ],
  },
  'claude-code': {
    title: 'Claude Code',
    format: STRICT,
    tables: { servers: 'mcpServers', projects: 'projects' },
    user: ({ join, env, home }) => [join(env['CLAUDE_CONFIG_DIR'] || home, '.claude.json')],
    project: ['.mcp.json'],
  },
  cursor: {
    title: 'Cursor',
    format: LENIENT,
    tables: MCP_SERVERS,
    user: ({ join, home }) => [join(home, '.cursor', 'mcp.json')],
    project: ['.cursor', 'mcp.json'],
  },
  vscode: {
    title: 'VS Code',
    format: LENIENT,
    tables: { servers: 'servers' },
    user: ({ join, settings }) =>
      ['Code', 'Code - Insiders'].flatMap((product) => {
        const user = join(settings, product, 'User');
        const profiles = foldersIn(join(user, 'profiles')).map((profile) => join(user, 'profiles', profile));
        return [user, ...profiles].map((folder) => join(folder, 'mcp.json'));
      }),
    project: ['.vscode', 'mcp.json'],
  },
  codex: {
    title: 'Codex',
    format: TOML_FORMAT,
    tables: { servers: 'mcp_servers' },
    user: ({ join, env, home }) => [join(env['CODEX_HOME'] || join(home, '.codex'), 'config.toml')],
    project: ['.codex', 'config.toml'],
  },
  gemini: {
    title: 'Gemini CLI',
    format: LENIENT,
    tables: MCP_SERVERS,
    user: ({ join, home }) => [join(home, '.gemini', 'settings.json')],
    project: ['.gemini', 'settings.json'],
  },
};

const WINDOWS_STORE = [
  'Packages',
  'Claude_pzs8sxrjxfjjc',
  'LocalCache',
  'Roaming',
  'Claude',
  'claude_desktop_config.json',
];

function foldersIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path).toSorted() : [];
}

/** Where the clients keep their servers: the files of this user, and those of the project in `folder`. */
export function clientFiles(
  clients: readonly ClientId[],
  machine: Machine,
): { user: ClientFile[]; project: ClientFile[] } {
  const { platform, env, home, folder } = machine;
  const { join } = platform === 'win32' ? win32 : posix;
  const settings =
    platform === 'win32'
      ? env['APPDATA'] || join(home, 'AppData', 'Roaming')
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : env['XDG_CONFIG_HOME'] || join(home, '.config');
  const files = clients.map((client) => {
    const { user, project, ...kind } = CLIENTS[client];
    const fileAt = (path: string): ClientFile => ({
      client,
      title: kind.title,
      format: kind.format,
      tables: kind.tables,
      path,
    });
    return {
      user: user({ ...machine, join, settings }).map(fileAt),
      project: project === undefined ? [] : [fileAt(join(folder, ...project))],
    };
  });
  const users = files.flatMap(({ user }) => user);
  // In the home folder a project's file may be the user's own.
  const known = new Set(users.map(({ path }) => path));
  return { user: users, project: files.flatMap(({ project }) => project).filter(({ path }) => !known.has(path)) };
}
