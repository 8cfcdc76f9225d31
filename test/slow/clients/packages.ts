import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cached.ts';

const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the clients and servers of package-lock.json beside this file; gives the folder that has `node_modules`. */
export const installPackages = (): Promise<string> =>
  cached([new URL('package.json', import.meta.url), new URL('package-lock.json', import.meta.url)], async (folder) => {
    await promisify(execFile)('npm', ['ci', ...FLAGS], { cwd: folder });
  });

/** The version of a package that is installed in `folder`. */
export function versionIn(folder: string, name: string): string {
  // npm packages have one.
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
