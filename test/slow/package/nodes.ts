import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../clients/cached.ts';

const FILE = new URL('package.json', import.meta.url);
// Our own file.
const { dependencies } = JSON.parse(readFileSync(FILE, 'utf8')) as { dependencies: Record<string, string> };

/** A version of Node from the registry. */
export interface Node {
  version: string;
  /** A folder in which it is called `node`. */
  folder: string;
}

/** The versions of Node to try, by their names in package.json. */
export const NODES = Object.entries(dependencies).map(([name, alias]) => ({
  name,
  version: alias.slice(alias.lastIndexOf('@') + 1),
}));

/** Installs the Nodes into the cache, where they are missing. */
export async function installNodes(): Promise<Node[]> {
  const cache = await cached([FILE], async (folder) => {
    // The package named node fetches its binary in a script.
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts=false', '--loglevel=error'];
    await promisify(execFile)('npm', ['install', ...flags], { cwd: folder });
    for (const { name } of NODES) {
      mkdirSync(join(folder, 'bin', name), { recursive: true });
      symlinkSync(`../../node_modules/${name}/bin/node`, join(folder, 'bin', name, 'node'));
    }
  });
  return NODES.map(({ name, version }) => ({ version, folder: join(cache, 'bin', name) }));
}
