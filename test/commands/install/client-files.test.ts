import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientFiles, type Machine } from '../../../src/commands/install/client-files.ts';
import { CLIENT_IDS } from '../../../src/settings/client-ids.ts';

const linux: Machine = { env: {}, platform: 'linux', home: '/home/me', folder: '/work' };
const paths = (machine: Machine): Record<string, string[]> => {
  const { user } = clientFiles(CLIENT_IDS, machine);
  return Object.fromEntries(
    CLIENT_IDS.map((id) => [id, user.filter(({ client }) => client === id).map(({ path }) => path)]),
  );
};

describe('where clients keep their servers', () => {
  it('on Linux', () => {
    expect(paths(linux)).toEqual({
      'claude-desktop': ['/home/me/.config/Claude/claude_desktop_config.json'],
      'claude-code': ['/home/me/.claude.json'],
      cursor: ['/home/me/.cursor/mcp.json'],
      vscode: ['/home/me/.config/Code/User/mcp.json', '/home/me/.config/Code - Insiders/User/mcp.json'],
      codex: ['/home/me/.codex/config.toml'],
      gemini: ['/home/me/.gemini/settings.json'],
    });
  });

  it('on macOS', () => {
    const support = '/Users/me/Library/Application Support';
    expect(paths({ ...linux, platform: 'darwin', home: '/Users/me' })).toMatchObject({
      'claude-desktop': [`${support}/Claude/claude_desktop_config.json`],
      vscode: [`${support}/Code/User/mcp.json`, `${support}/Code - Insiders/User/mcp.json`],
      cursor: ['/Users/me/.cursor/mcp.json'],
    });
  });

  it('on Windows, where Claude Desktop may come from the store', () => {
    const env = { APPDATA: 'C:\\Users\\me\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\me\\AppData\\Local' };
    expect(paths({ ...linux, env, platform: 'win32', home: 'C:\\Users\\me' })).toMatchObject({
      'claude-desktop': [
        'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
        'C:\\Users\\me\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json',
      ],
      'claude-code': ['C:\\Users\\me\\.claude.json'],
      vscode: ['C:\\Users\\me\\AppData\\Roaming\\Code\\User\\mcp.json', expect.stringContaining('Insiders')],
      codex: ['C:\\Users\\me\\.codex\\config.toml'],
    });
  });

  it('where their variables say', () => {
    const env = { CLAUDE_CONFIG_DIR: '/c', CODEX_HOME: '/x', XDG_CONFIG_HOME: '/xdg' };
    expect(paths({ ...linux, env })).toMatchObject({
      'claude-desktop': ['/xdg/Claude/claude_desktop_config.json'],
      'claude-code': ['/c/.claude.json'],
      codex: ['/x/config.toml'],
    });
  });

  it('in profiles of VS Code too', () => {
    const home = mkdtempSync(join(tmpdir(), 'mcpspan-clients-'));
    try {
      mkdirSync(join(home, '.config/Code/User/profiles/-5af'), { recursive: true });
      expect(paths({ ...linux, home })['vscode']).toContain(join(home, '.config/Code/User/profiles/-5af/mcp.json'));
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it("in a project, unless that is the user's own file", () => {
    const project = (folder: string) => clientFiles(CLIENT_IDS, { ...linux, folder }).project.map(({ path }) => path);
    expect(project('/srv/quiz')).toEqual([
      '/srv/quiz/.mcp.json',
      '/srv/quiz/.cursor/mcp.json',
      '/srv/quiz/.vscode/mcp.json',
      '/srv/quiz/.codex/config.toml',
      '/srv/quiz/.gemini/settings.json',
    ]);
    expect(project('/home/me')).toEqual(['/home/me/.mcp.json', '/home/me/.vscode/mcp.json']);
  });
});
