import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpServer } from './support/listen.ts';

const script = join(import.meta.dirname, '../scripts/install.cjs');
let project: string;

/** A project with one dependency, a folder beside it, so that nothing is fetched. */
function writeProject(version: string) {
  const dependencies = { part: 'file:part' };
  const packages = {
    '': { dependencies },
    part: { version },
    'node_modules/part': { resolved: 'part', link: true },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['no-such-system'] },
  };
  const optionalDependencies = { elsewhere: '1.0.0' };
  const write = (file: string, content: unknown) => writeFileSync(join(project, file), JSON.stringify(content));
  write('package.json', { dependencies, optionalDependencies });
  write('package-lock.json', {
    lockfileVersion: 3,
    packages: { ...packages, '': { dependencies, optionalDependencies } },
  });
  write('part/package.json', { name: 'part', version });
}

/** A user who has never run npm before, on a machine without settings, whose registry is out of reach unless given. */
function freshUser(registry = 'http://127.0.0.1:9') {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|CI$|CONTINUOUS_INTEGRATION$)/i.test(name));
  const npm = { npm_config_cache: join(project, 'cache'), npm_config_registry: registry };
  return { ...Object.fromEntries(kept), HOME: join(project, 'home'), ...npm, npm_config_fetch_retries: '0' };
}

/** Runs the script, as on another version of Node if one is given. */
function install(asVersion?: string, env: Readonly<Record<string, string>> = {}) {
  const disguise = join(project, 'disguise.cjs');
  const versions = JSON.stringify({ ...process.versions, node: asVersion ?? process.versions.node });
  writeFileSync(disguise, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', disguise, join(project, 'scripts/install.cjs')],
    { encoding: 'utf8', env: { ...freshUser(), ...env } },
  );
  return { status, stdout, stderr, ours: ours(stderr) };
}

/** What the script says itself: what npm says beside it is npm's business, and differs from one to the next. */
const ours = (stderr: string): string[] => stderr.split('\n').filter((line) => line.startsWith('mcpspan: '));
const INSTALLING = expect.stringMatching(/^mcpspan: installing dependencies /);

/** An npm that says so much and ends like this, first on a PATH. */
function npmThat(says: string, status: number): { PATH: string } {
  const bin = join(project, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'npm'),
    `#!/bin/sh\nprintf '%s\\n' "$*" >"${project}/asked"\necho '${says}' >&2\nexit ${status}\n`,
    {
      mode: 0o755,
    },
  );
  return { PATH: `${bin}${delimiter}${process.env['PATH']}` };
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'mcpspan-install-'));
  mkdirSync(join(project, 'part'));
  mkdirSync(join(project, 'home'));
  cpSync(script, join(project, 'scripts/install.cjs'));
  writeProject('1.0.0');
});
afterEach(() => rmSync(project, { recursive: true }));

describe('the install script', () => {
  it('installs what is missing and says so in one line, then has nothing to do', () => {
    expect(install()).toMatchObject({ status: 0, stdout: '', ours: [INSTALLING] });
    expect(existsSync(join(project, 'node_modules/part/package.json'))).toBe(true);
    expect(install()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('has npm install what the lock file says, and keep to itself what is not about that', () => {
    expect(install(undefined, npmThat('done', 0))).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/\ndone\n$/),
    });
    const asked = readFileSync(join(project, 'asked'), 'utf8').trim().split(' ');
    expect(asked[0]).toBe('ci');
    expect(asked).toEqual(
      expect.arrayContaining(['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier', '--include=dev']),
    );
  });

  it('does not ask for a newer npm, though the registry offers one', async () => {
    const asked: (string | undefined)[] = [];
    const latest = '999.0.0';
    await using registry = await httpServer(({ url }, answer) => {
      asked.push(url);
      const npm = { name: 'npm', version: latest, dist: { tarball: 'http://127.0.0.1:9/npm.tgz', shasum: '0' } };
      answer.end(JSON.stringify({ name: 'npm', 'dist-tags': { latest }, versions: { [latest]: npm } }));
    });
    const script = join(project, 'scripts/install.cjs');
    const env = freshUser(registry.url);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { env });
    expect({ stdout, ours: ours(stderr), asked }).toEqual({ stdout: '', ours: [INSTALLING], asked: [] });
    expect(stderr).not.toContain(latest);
  });

  it('installs again when package-lock.json asks for something else', () => {
    install();
    writeProject('2.0.0');
    expect(install()).toMatchObject({ status: 0, ours: [INSTALLING] });
    expect(install()).toMatchObject({ status: 0, stderr: '' });
  });

  it('passes on what npm says when it fails, and fails too', () => {
    const { status, stderr } = install(undefined, npmThat('the disk is full', 7));
    expect(status).toBe(1);
    expect(stderr).toContain('\nthe disk is full\nmcpspan: npm ci failed');
  });

  it('fails where the lock file is not that of the project', () => {
    writeFileSync(join(project, 'package.json'), JSON.stringify({ dependencies: { part: 'file:other' } }));
    expect(install()).toMatchObject({
      status: 1,
      ours: [INSTALLING, expect.stringMatching(/^mcpspan: npm ci failed/)],
    });
  });

  it('asks for Node 20 on anything older, before it touches anything', () => {
    const { status, stderr } = install('18.20.8');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^mcpspan needs Node\.js 20 or newer to build \(found v18\.20\.8\)\. Get a current one .*\n$/,
    );
    expect(existsSync(join(project, 'node_modules'))).toBe(false);
  });

  it('names the cure when install scripts were off, so that there is no Node to run on', () => {
    const { status, stderr } = install('20.1.0');
    expect(status).toBe(1);
    expect(stderr).toContain('npm rebuild node --ignore-scripts=false');
    expect(install('22.19.0').status).toBe(0);
  });

  it('uses no syntax that an old Node would trip over before it could say so', () => {
    const code = readFileSync(script, 'utf8').replaceAll(/\/\/.*|\/\*\*.*\*\//g, '');
    expect(code).not.toMatch(/=>|`|\b(const|let|class|async|await|import)\b|\.\.\.|\?\?|\?\.|,\s*\)/);
  });
});
