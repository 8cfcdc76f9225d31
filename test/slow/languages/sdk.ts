import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../clients/cached.ts';

const run = promisify(execFile);

export type Transport = 'http' | 'http-stateless' | 'sse' | 'sse-absolute' | 'stdio';

/** What builds and runs programs of a language. */
export interface Toolchain {
  /** What a machine without it lacks. */
  readonly name: string;
  /** What it says of itself: another version makes another build. Undefined: this machine does not have it. */
  version(): string | undefined;
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
  /** Those that are tried only when everything is. */
  readonly extras?: readonly Transport[];
  /** What is built, and from what: a change of one of these files makes another build. */
  readonly files: readonly URL[];
  /** Builds in a folder that has the files; the folder is renamed afterwards. */
  build(folder: string): Promise<void>;
}

/** A toolchain of commands that have to be there, asked once. @param asked how each is asked for its version */
export function toolchain(
  name: string,
  ...asked: readonly (readonly [command: string, ...args: string[]])[]
): Toolchain {
  let known: { version: string | undefined } | undefined;
  return {
    name,
    version() {
      known ??= { version: ask(asked) };
      return known.version;
    },
  };
}

function ask(asked: readonly (readonly [command: string, ...args: string[]])[]): string | undefined {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    return asked
      .map(([command, ...args]) => execFileSync(command, args, { encoding: 'utf8', stdio: [...stdio] }))
      .join('');
  } catch {
    return undefined;
  }
}

export const missing = ({ title, version, toolchain }: Sdk): string =>
  `no ${toolchain.name}: ${title} ${version} is left out`;

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
    sdk.toolchain.version(),
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
