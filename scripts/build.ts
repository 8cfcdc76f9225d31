// `node scripts/build.ts [FOLDER]` compiles src/ to JavaScript, into FOLDER or dist/.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(target, { recursive: true, force: true });
// The page runs in a browser, so it needs a browser's types.
const page = ['--noEmit', 'false', '--noEmitOnError', '--rootDir', join(root, 'src')];
for (const [project, ...more] of [['tsconfig.build.json'], ['src/viewer/page/tsconfig.json', ...page]]) {
  const tsc = spawnSync('tsc', ['-p', join(root, project ?? ''), ...more, '--outDir', target], {
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
    stdio: 'inherit',
  });
  if (tsc.error !== undefined) throw tsc.error;
  if (tsc.status !== 0) process.exit(1);
}
// Other files (a page, a table) are read at run time from the same relative path.
cpSync(join(root, 'src'), target, {
  recursive: true,
  filter: (source) => statSync(source).isDirectory() || !/(\.ts|tsconfig\.json)$/.test(source),
});
chmodSync(join(target, 'cli.js'), 0o755);
