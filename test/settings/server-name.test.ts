import { describe, expect, it } from 'vitest';
import { commandName } from '../../src/settings/server-name.ts';

describe('the name of a command that nobody has named', () => {
  it.each([
    // Its base name.
    ['my-server --flag', 'my-server'],
    ['/usr/local/bin/my-server', 'my-server'],
    ['./server.sh', 'server.sh'],
    [String.raw`C:\Tools\weather.exe stdio`, 'weather'],
    // A package, with its scope and without its version.
    ['npx -y @scope/some-server@1.2 --flag', '@scope/some-server'],
    ['npx.cmd -y some-server@latest', 'some-server'],
    ['npx --package=a -y b', 'b'],
    ['npx -p a b', 'b'],
    ['npx -y git+https://example.com/owner/notes.git', 'notes'],
    ['npm exec -y -- @a/b', '@a/b'],
    ['pnpm dlx @a/b', '@a/b'],
    ['bunx @a/b', '@a/b'],
    ['bun x @a/b', '@a/b'],
    ['uvx mcp-server-git --repository /x', 'mcp-server-git'],
    ['uvx --from git+https://example.com/x mcp-git[cli]@1.0', 'mcp-git'],
    ['pipx run mcp-server-time==1.0', 'mcp-server-time'],
    ['cmd /c npx -y @a/b', '@a/b'],
    ['env -u A B=http://c/d D= npx -y @a/b', '@a/b'],
    ['env A=b', 'env'],
    // A script: the package it is in, else itself, else the nearest folder that says something.
    [
      'node /x/node_modules/@modelcontextprotocol/server-everything/dist/index.js stdio',
      '@modelcontextprotocol/server-everything',
    ],
    ['node node_modules/some-server/cli.js', 'some-server'],
    ['node --import tsx weather.ts', 'weather'],
    ['node path/server.js', 'path'],
    ['node /srv/weather/build/index.js', 'weather'],
    ['node server.js', 'server'],
    ['bun run weather.ts', 'weather'],
    ['deno run --allow-net weather.ts', 'weather'],
    ['python -m mcp_server_git', 'mcp_server_git'],
    ['python3.12 -u -W ignore /srv/notes/server.py', 'notes'],
    ['uv run --with mcp[cli] mcp run notes.py', 'notes'],
    ['uv --directory /srv/weather run main.py', 'weather'],
    ['uv run python -m notes', 'notes'],
    // An image, without registry and tag.
    ['docker run -i --rm -e TOKEN --name=x ghcr.io/github/github-mcp-server:latest stdio', 'github/github-mcp-server'],
    ['docker run --rm -i mcp/fetch', 'mcp/fetch'],
    ['podman run -i localhost/mine@sha256:0123', 'mine'],
    // A bridge is named for the server whose messages it carries.
    ['npx -y mcp-remote https://mcp.example.com/sse --header x', 'mcp.example.com'],
    ['npx -y mcp-remote@1', 'mcp-remote'],
    // A runner that runs nothing we could name.
    ['npx', 'npx'],
    ['docker ps', 'docker'],
    ['node', 'node'],
    ['python -', 'python'],
  ])('%s is %s', (command, name) => {
    expect(commandName(command.split(' '))).toBe(name);
  });

  it.each([
    ['code that it was given', ['node', '-e', 'secret']],
    ['code that it was given', ['python3', '-c', 'secret']],
    ['a command line that it was given', ['npx', '-c', 'secret']],
    ['a password', ['npx', '-y', 'git+https://me:secret@example.com/owner/notes.git#v1']],
    ['a password', ['uvx', 'git+https://secret@example.com/owner/notes.git@v1']],
    ['a password', ['deno', 'run', 'https://secret@example.com/index.ts']],
    ['the name of somebody', ['node', '/home/secret/server.js']],
    ['the name of somebody', ['python', String.raw`C:\Users\secret\server.py`]],
  ])('is never %s', (_, command) => {
    expect(commandName(command)).not.toContain('secret');
  });
});
