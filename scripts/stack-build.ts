// `node scripts/stack-build.ts [--json] [PROGRAM…]` builds the programs of the end-to-end tests that are missing in the
// cache. Progress goes to stderr; `--json` prints the path of each binary.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  binariesOf,
  FURTHER_PROGRAMS,
  goVersion,
  PROGRAMS,
  recipeOf,
  type Recipe,
} from '../test/stack/support/programs.ts';

const STILL_BUILDING_MILLISECONDS = 60_000;
const started = performance.now();
let building: { go: ReturnType<typeof spawn>; folder: string } | undefined;

const seconds = (since: number): string => `${Math.round((performance.now() - since) / 1_000)} s`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
const tell = (line: string): void => console.error(`stack: ${line}`);

/** Builds in a temporary folder and renames it, so that builds side by side do not disturb each other. */
async function build(recipe: Recipe, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}.partial-`);
  try {
    for (const [name, pkg] of Object.entries(recipe.packages)) await buildOne(recipe, name, pkg, folder);
    renameSync(folder, target);
  } catch (error) {
    // Another build may have been faster; a folder cannot be renamed onto one that is not empty.
    if (!(error instanceof Error && 'syscall' in error && error.syscall === 'rename' && existsSync(target)))
      throw error;
    tell(`another build of ${recipe.program} was faster`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildOne(recipe: Recipe, name: string, pkg: string, folder: string): Promise<void> {
  const { tags, version, versionVariable } = recipe;
  const linked = ['-s', '-w', ...(versionVariable === undefined ? [] : ['-X', `${versionVariable}=${version}`])];
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', linked.join(' ')];
  if (tags !== undefined) args.push('-tags', tags);
  const since = performance.now();
  tell(`building ${name} ${version} …`);
  const timer = setInterval(() => tell(`  ${name}: ${seconds(since)}`), STILL_BUILDING_MILLISECONDS);
  const go = spawn('go', [...args, '-o', join(folder, name), pkg], {
    cwd: recipe.folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    // A workspace of the user would replace the module.
    env: { ...process.env, GOWORK: 'off' },
  });
  building = { go, folder };
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      go.once('error', reject).once('close', (...how) => resolve(how));
    });
    if (code !== 0) throw new Error(`go build of ${name} ended with ${code ?? signal}; its message is above`);
  } finally {
    clearInterval(timer);
    building = undefined;
  }
  tell(`built ${name} in ${seconds(since)}, ${megabytes(statSync(join(folder, name)).size)}`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    building?.go.kill('SIGTERM');
    if (building !== undefined) rmSync(building.folder, { recursive: true, force: true });
    process.exit(1);
  });
}

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const known = [...PROGRAMS, ...FURTHER_PROGRAMS];
const unknown = positionals.filter((name) => !known.some((program) => program === name));
const wanted = positionals.length === 0 ? PROGRAMS : known.filter((program) => positionals.includes(program));
try {
  if (unknown.length > 0) throw new Error(`'${unknown.join(', ')}' is not one of ${known.join(', ')}`);
  const go = goVersion();
  const paths: Record<string, string> = {};
  for (const program of wanted) {
    const recipe = recipeOf(program);
    const folder = binariesOf(recipe, go);
    if (!existsSync(folder)) await build(recipe, folder);
    for (const name of Object.keys(recipe.packages)) paths[name] = join(folder, name);
  }
  if (values.json === true) console.log(JSON.stringify(paths, null, 2));
  tell(`${Object.keys(paths).length} programs are there (${seconds(started)})`);
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
