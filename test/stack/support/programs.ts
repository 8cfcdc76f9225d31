import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Cheapest first. */
export const PROGRAMS = [
  'compose',
  'prometheus',
  'alertmanager',
  'otelcol',
  'jaeger',
  'etcd',
  'cni',
  'containerd',
  'monitoring',
  'helm',
  'kubernetes',
] as const;
/** Built only where they are named: another suite needs them. */
export const FURTHER_PROGRAMS = ['docker-compose'] as const;
export type Program = (typeof PROGRAMS)[number] | (typeof FURTHER_PROGRAMS)[number];

/** A folder of `test/stack/programs`: its `recipe.json`, and the Go module beside it. */
export interface Recipe {
  readonly program: Program;
  readonly folder: string;
  readonly version: string;
  /** Binary → the package that is built. */
  readonly packages: Readonly<Record<string, string>>;
  readonly tags?: string;
  /** The Go variable that holds the version the program says it has. */
  readonly versionVariable?: string;
}

/** @throws with the cure when there is no Go */
export function goVersion(): string {
  try {
    return execFileSync('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { encoding: 'utf8' }).trim();
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Error(
      missing
        ? 'Go is not installed, or not in PATH. Get Go 1.26 or newer from https://go.dev/dl'
        : '`go env` fails; its message is above',
      { cause: error },
    );
  }
}

export function recipeOf(program: Program): Recipe {
  const folder = join(import.meta.dirname, '../programs', program);
  // Written by hand, in this shape.
  const recipe = JSON.parse(readFileSync(join(folder, 'recipe.json'), 'utf8')) as Omit<Recipe, 'program' | 'folder'>;
  return { program, folder, ...recipe };
}

/** Where a recipe's binaries are, or will be: another recipe, or another Go, has another folder. */
export function binariesOf({ program, folder }: Recipe, go: string): string {
  const hash = createHash('sha256').update(go);
  for (const name of readdirSync(folder).toSorted()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  }
  return join(cacheFolder(), `${program}-${hash.digest('hex').slice(0, 12)}`);
}

function cacheFolder(): string {
  const { MCPSPAN_STACK_CACHE: own, XDG_CACHE_HOME: users } = process.env;
  return own || join(users || join(homedir(), '.cache'), 'mcpspan-stack');
}

let binaries: ReadonlyMap<string, string> | undefined;

/** The path of a binary that `npm run stack:build` built. @throws when it did not */
export function binary(name: string): string {
  if (binaries === undefined) {
    const go = goVersion();
    binaries = new Map(
      [...PROGRAMS, ...FURTHER_PROGRAMS]
        .map(recipeOf)
        .flatMap((recipe) =>
          Object.keys(recipe.packages).map((each): [string, string] => [each, join(binariesOf(recipe, go), each)]),
        ),
    );
  }
  const path = binaries.get(name);
  if (path === undefined) throw new Error(`no recipe builds ${name}`);
  if (!existsSync(path)) throw new Error(`${name} is not built: run npm run stack:build (missing: ${path})`);
  return path;
}
