import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../clients/cached.ts';

const run = promisify(execFile);

export type Transport = 'http' | 'http-stateless' | 'sse' | 'stdio';

/** What builds and runs programs of a language. */
export interface Toolchain {
  /** What a machine without it lacks. */
  readonly name: string;
  /** What it says of itself: another version makes another build. */
  readonly versions: readonly (readonly [command: string, ...args: string[]])[];
}

/** Something that runs as `COMMAND… client TASK`, or as `COMMAND… server TRANSPORT` (README.md beside this file). */
export interface Program {
  /** As the table in docs/clients.md has it. */
  readonly title: string;
  readonly version: string;
  /** It calls itself `ID-client` and `ID-server`. */
  readonly id: string;
  /** @param folder where it is installed */
  command(folder: string): readonly string[];
}

/** An SDK, as a program of ours made with it. */
export interface Sdk extends Program {
  readonly toolchain: Toolchain;
  readonly transports: readonly Transport[];
  /** What is built, and from what: a change of one of these files makes another build. */
  readonly files: readonly URL[];
  /** Builds in a folder that has the files; the folder is renamed afterwards. */
  build(folder: string): Promise<void>;
}

const found = new Map<Toolchain, string | undefined>();

/** What a toolchain says of itself; undefined: this machine does not have it. */
export function versionOf(toolchain: Toolchain): string | undefined {
  if (!found.has(toolchain)) found.set(toolchain, ask(toolchain));
  return found.get(toolchain);
}

function ask({ versions }: Toolchain): string | undefined {
  try {
    return versions
      .map(([command, ...args]) =>
        execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      )
      .join('');
  } catch {
    return undefined;
  }
}

export const missing = ({ title, toolchain }: Sdk): string => `no ${toolchain.name}: ${title} is left out`;

/** The folder in which the program is, which is built first if it is not there. @param tell gets lines on the progress */
export const install = (sdk: Sdk, tell: (line: string) => void): Promise<string> =>
  cached(
    sdk.files,
    async (folder) => {
      const since = performance.now();
      tell(`building ${sdk.title} ${sdk.version} …`);
      await sdk.build(folder);
      const seconds = Math.round((performance.now() - since) / 1_000);
      tell(`built ${sdk.title} in ${seconds} s, ${Math.round(bytesIn(folder) / 1_000_000)} MB`);
    },
    versionOf(sdk.toolchain),
  );

/** One step of a build, which leaves the machine to others. @throws with what the command wrote when it fails */
export async function step(folder: string, env: object, ...words: string[]): Promise<void> {
  await run('nice', ['-n', '10', ...words], {
    cwd: folder,
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1_024 * 1_024,
  });
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
