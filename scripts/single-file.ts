// `node scripts/single-file.ts [--node PATH] [FILE]`: makes an executable that needs no Node of its user, of the Node at PATH
// (without it: the one that runs this), which has to be 26 or newer. FILE: mcpspan-PLATFORM-ARCH in the current folder.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** The first version with `--build-sea`, and its libraries as they are now. */
const MIN_NODE = 26;

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({ options: { node: { type: 'string' } }, allowPositionals: true });
const node = values.node ?? process.execPath;
const output = resolve(positionals[0] ?? `mcpspan-${process.platform}-${process.arch}`);
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
if (Number(version.split('.')[0]) < MIN_NODE) {
  console.error(`single-file: Node ${version} cannot build it: give one from ${MIN_NODE} on with --node PATH`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-single-file-'));
try {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(folder, 'dist')], { stdio: 'inherit' });
  for (const file of ['package.json', 'LICENSE']) copyFileSync(join(root, file), join(folder, file));
  const files = globSync('**', { cwd: folder })
    .toSorted()
    .filter((file) => statSync(join(folder, file)).isFile());
  const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(folder, file)).size]));
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(folder, file)));
  writeFileSync(join(folder, 'files.json'), JSON.stringify({ hash: hash.digest('hex'), sizes }));
  const config = {
    main: join(root, 'src/executable.cjs'),
    output,
    disableExperimentalSEAWarning: true,
    assets: Object.fromEntries(['files.json', ...files].map((file) => [file, join(folder, file)])),
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
  const { status, stderr } = spawnSync(node, ['--build-sea', join(folder, 'sea.json')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Node ${version} could not build it: ${stderr}`);
  console.log(`${output}: ${Math.round(statSync(output).size / 1_000_000)} MB, Node ${version}`);
} finally {
  rmSync(folder, { recursive: true });
}
