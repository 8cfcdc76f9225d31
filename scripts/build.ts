// `node scripts/build.ts [FOLDER]`: src/ as JavaScript, into dist/ unless told otherwise.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(target, { recursive: true, force: true });
const tsc = spawnSync('tsc', ['-p', join(root, 'tsconfig.build.json'), '--outDir', target], {
  env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  stdio: 'inherit',
});
if (tsc.error !== undefined) throw tsc.error;
if (tsc.status !== 0) process.exit(1);
// What is not TypeScript (a page, a table) is read at run time from the same relative place.
cpSync(join(root, 'src'), target, {
  recursive: true,
  filter: (source) => statSync(source).isDirectory() || !source.endsWith('.ts'),
});
chmodSync(join(target, 'cli.js'), 0o755);
