import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../clients/cached.ts';
import type { Speaker } from '../clients/speak.ts';

const run = promisify(execFile);
const OLDEST = '3.10';
const QUESTION = `
import ensurepip, sys, venv
print(sys.version if sys.version_info >= (${OLDEST.replace('.', ', ')}) else '')
`;

/** The version of the machine's Python; undefined: it has none that can be used here. */
export function findPython(): string | undefined {
  try {
    return (
      execFileSync('python3', ['-c', QUESTION], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() ||
      undefined
    );
  } catch {
    return undefined;
  }
}

export const NO_PYTHON = `no python3 of ${OLDEST} or newer with venv and pip: the Python clients and servers are left out`;

/** Installs requirements.txt into a virtual environment, once per Python; gives its interpreter. */
export async function installPython(version: string): Promise<string> {
  return interpreterIn(await cached([REQUIREMENTS], fillVenv, version));
}

export const REQUIREMENTS = new URL('requirements.txt', import.meta.url);

/** Makes a virtual environment in a folder, of the requirements.txt that is there. */
export async function fillVenv(folder: string): Promise<void> {
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check'];
  await run(interpreterIn(folder), [...pip, '-r', 'requirements.txt'], { cwd: folder });
}

/** It finds its packages from where it lies; the other scripts beside it do not survive that the folder was renamed. */
export const interpreterIn = (folder: string): string => join(folder, 'venv/bin/python');

/** A script of `scripts/` on this interpreter. */
export const pythonSpeaker = (script: string, interpreter: string): Speaker => ({
  command: interpreter,
  script: new URL(`scripts/${script}.py`, import.meta.url),
  args: ['-'],
  cwd: fileURLToPath(new URL('scripts', import.meta.url)),
});
