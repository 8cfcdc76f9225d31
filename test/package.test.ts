import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface LockedPackage {
  resolved?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

// npm writes both files; it documents their shapes.
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const locked = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> })
    .packages,
);

describe('package-lock.json', () => {
  it('names versions and hashes, not the registry they came from', () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
  });

  it('is complete: without the packages for other platforms npm ci refuses it (cure: node scripts/complete-lock.ts)', () => {
    const places = new Set(locked.map(([place]) => place));
    const wanted = locked.flatMap(([place, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).map((name) => ({ name, nested: `${place}/node_modules/${name}` })),
    );
    expect(wanted).not.toEqual([]);
    expect(wanted.filter(({ name, nested }) => !places.has(`node_modules/${name}`) && !places.has(nested))).toEqual([]);
  });
});

describe('the package', () => {
  let folder: string;
  let packed: string[];

  const run = (...args: string[]) =>
    execFileSync(join(folder, 'package/dist/cli.js'), args, { encoding: 'utf8', cwd: folder });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpspan-package-'));
    const source = join(folder, 'source');
    mkdirSync(source);
    for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(join(root, file), join(source, file));
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(source, 'dist')]);
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: source,
      stdio: 'ignore',
      // Nobody is asked for anything: it works where there is no network.
      env: { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' },
    });
    const tarball = join(folder, `mcpspan-${manifest.version}.tgz`);
    execFileSync('tar', ['xzf', tarball, '-C', folder]);
    packed = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    // Links in what npm would install: everything in the lock file that is not for development.
    for (const [place, { dev }] of locked) {
      if (place === '' || dev === true || place.lastIndexOf('node_modules/') > 0) continue;
      const target = join(folder, 'package', place);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(join(root, place), target);
    }
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds built JavaScript and no sources, tests or tools', () => {
    const texts = ['package/LICENSE', 'package/README.md', 'package/package.json'];
    expect(packed.filter((file) => !file.startsWith('package/dist/')).toSorted()).toEqual(texts);
    expect(packed.filter((file) => /\.(ts|map)$/.test(file))).toEqual([]);
  });

  it('runs as a command and knows its version', () => {
    expect(run('--version')).toContain(manifest.version);
  });

  it('relays and observes from its built files, with production dependencies alone', () => {
    expect(run('demo', '--once')).toMatch(/chatgpt.*per-call/);
  });

  it('serves its page, every module of it and the library that draws', async () => {
    const store = join(folder, 'store.db');
    const child = spawn(join(folder, 'package/dist/cli.js'), ['page', '--page', '127.0.0.1:0', '--store', store]);
    const page = await new Promise<string>((resolve) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const url = /^ {2}page {6}(\S+)$/m.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const response = await fetch(page + path);
      expect(response.status, path).toBe(200);
      for (const [, to = ''] of (await response.text()).matchAll(/^(?:import|} from)[^;]*?'([^']+)';/gm))
        await visit(new URL(to, page + path).pathname);
    };
    await visit('/viewer/page/main.js');
    expect(seen).toContain('/uplot.js');
    expect(seen).toContain('/reading/figures.js');
    for (const path of ['/', '/uplot.css', '/viewer/page/page.css', '/viewer/page/icon.svg']) await visit(path);
    child.kill();
  });
});
