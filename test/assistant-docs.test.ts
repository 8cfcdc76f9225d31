import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/settings/config.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/assistant.md'), 'utf8');

describe('docs/assistant.md', () => {
  it('shows command lines that start the server', () => {
    const lines = [...text.matchAll(/claude mcp add mcpspan -- mcpspan ([^`\n]+)/g)].map(([, words = '']) => words);
    const json = /```json\n([^]*?)```/.exec(text)?.[1] ?? '';
    const file: { mcpServers: { mcpspan: { command: string; args: string[] } } } = JSON.parse(json);
    const { command, args } = file.mcpServers.mcpspan;
    expect(command).toBe('mcpspan');
    expect(lines).toHaveLength(1);
    for (const argv of [...lines.map((line) => line.split(' ')), args])
      expect(parseConfig(argv, { HOME: '/home/me' })).toMatchObject({ ok: true, command: 'mcp' });
  });
});
