import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../clients/cached.ts';

const FILES = ['package.json', 'package-lock.json'].map((name) => new URL(`packages/${name}`, import.meta.url));
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

let folder: Promise<string> | undefined;

/** The script that runs a suite, after installing both once. Rejects when npm can't fetch them. */
export async function suiteEntry(suite: '0.1' | '0.2'): Promise<string> {
  folder ??= cached(FILES, async (cwd) => {
    await promisify(execFile)('npm', ['ci', ...FLAGS], { cwd });
  });
  return join(await folder, 'node_modules', `conformance-${suite}`, 'dist', 'index.js');
}
