import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseWrapper, type Invocation } from '../../../src/commands/install/wrapper.ts';

const SCRIPT = '/usr/lib/node_modules/mcpspan/dist/cli.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcpspan-wrapper-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const invocation = (changes: Partial<Invocation>): Invocation => ({
  node: '/opt/node/24/bin/node',
  script: SCRIPT,
  env: {},
  platform: 'linux',
  version: '1.2.3',
  ...changes,
});

/** A Node in a folder of its version, and a link to it in another folder. */
function linkedNode(linkFolder: string): { node: string; path: string } {
  const node = join(folder, 'Cellar/node/24.1.0/bin/node');
  mkdirSync(join(node, '..'), { recursive: true });
  mkdirSync(join(folder, linkFolder), { recursive: true });
  writeFileSync(node, '');
  symlinkSync(node, join(folder, linkFolder, 'node'));
  return { node, path: join(folder, linkFolder) };
}

describe('the command that is put in', () => {
  it('is Node and our script by their full paths', () => {
    expect(chooseWrapper(invocation({}))).toMatchObject({ words: ['/opt/node/24/bin/node', SCRIPT], byPath: false });
  });

  it('is the single-file executable alone, where that is what runs', () => {
    const node = '/opt/mcpspan';
    expect(chooseWrapper(invocation({ node, script: node }))).toMatchObject({ words: [node], byPath: false });
  });

  it("is Node by a package manager's link, which stays when the version goes", () => {
    const { node, path } = linkedNode('bin');
    const env = { PATH: `/nowhere:relative:${path}` };
    expect(chooseWrapper(invocation({ node, env }))).toMatchObject({ words: [join(path, 'node'), SCRIPT] });
  });

  it.each(['fnm_multishells/123/bin', 'project/node_modules/.bin'])('is not Node by a link in %s', (place) => {
    const { node, path } = linkedNode(place);
    expect(chooseWrapper(invocation({ node, env: { PATH: path } }))).toMatchObject({ words: [node, SCRIPT] });
  });

  it('is npx with this version where it was run by npx, whose folder goes away', () => {
    const script = '/home/me/.npm/_npx/0123abcd/node_modules/mcpspan/dist/cli.js';
    expect(chooseWrapper(invocation({ script }))).toMatchObject({
      words: ['npx', '-y', 'mcpspan@1.2.3'],
      byPath: true,
    });
    expect(chooseWrapper(invocation({ script, platform: 'win32' }))).toMatchObject({
      words: ['cmd', '/c', 'npx', '-y', 'mcpspan@1.2.3'],
      byPath: true,
    });
  });

  it.each([
    '/home/me/.cache/pnpm/dlx/abc/node_modules/mcpspan/dist/cli.js',
    '/tmp/bunx-1000-mcpspan@latest/node_modules/mcpspan/dist/cli.js',
  ])('is none in a folder that will not last: %s', (script) => {
    expect(chooseWrapper(invocation({ script }))).toContain('npm install --global mcpspan');
  });
});
