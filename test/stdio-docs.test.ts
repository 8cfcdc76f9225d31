import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandName } from '../src/settings/server-name.ts';
import { parseConfig } from '../src/settings/config.ts';

interface Server {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

const text = readFileSync(join(import.meta.dirname, '../docs/stdio.md'), 'utf8');

/** The one server of a configuration file. */
function serverIn(json: string): Server {
  const file: Record<string, Record<string, Server>> = JSON.parse(json);
  const [server] = Object.values(file).flatMap((servers) => Object.values(servers));
  if (server === undefined) throw new Error('a configuration file without a server');
  return server;
}

const edits = [...text.matchAll(/### (.+)\n[^]*?Before:\n\n```json\n([^]*?)```\n\nAfter:\n\n```json\n([^]*?)```/g)].map(
  ([, client = '', before = '', after = '']) => ({ client, before: serverIn(before), after: serverIn(after) }),
);

describe('docs/stdio.md', () => {
  it('shows the edit for each client', () => {
    expect(edits.map(({ client }) => client)).toEqual(['Claude Desktop', 'Cursor', 'VS Code', 'Claude Code']);
  });

  it.each(edits)('shows for $client an edit that runs the same command, observed', ({ before, after }) => {
    expect([after.command, ...after.args.slice(0, 2)]).toEqual(['npx', '-y', 'mcpspan']);
    const parsed = parseConfig(after.args.slice(2), after.env ?? {});
    expect(parsed).toMatchObject({
      ok: true,
      command: 'stdio',
      config: { run: [before.command, ...before.args], signals: { traces: expect.anything() }, warnings: [] },
    });
    expect(after.env).toMatchObject(before.env ?? {});
  });

  it('tells the names as they are', () => {
    const rows = [...text.matchAll(/^\| (`.+) \| `([^`]+)` \|$/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, commands = '', name = ''] of rows) {
      const shown = [...commands.replace(/\(.*\)/, '').matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
      for (const command of shown) expect(commandName(command.split(' ')), command).toBe(name);
    }
  });
});
