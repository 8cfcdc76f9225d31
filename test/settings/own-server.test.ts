import { describe, expect, it } from 'vitest';
import { isOwnServer } from '../../src/settings/own-server.ts';

describe('a wrapped command', () => {
  it.each([
    ['mcpspan mcp', true],
    ['/usr/local/bin/mcpspan mcp --store a.db', true],
    ['npx -y mcpspan@latest mcp', true],
    ['node /srv/node_modules/mcpspan/dist/cli.js mcp', true],
    ['cmd /c npx mcpspan mcp', true],
    // A server behind another mcpspan is a server like others.
    ['mcpspan -- npx -y mcp', false],
    ['mcpspan --name mine -- node mcp', false],
    ['mcpspan sessions', false],
    ['npx -y mcp', false],
    ['npx -y mcpspan-tools mcp', false],
  ])('%s is mcpspan mcp: %s', (command, own) => {
    expect(isOwnServer(command.split(' '))).toBe(own);
  });
});
