import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Running } from './process.ts';

/** Old text → new text. */
export type Replacements = Readonly<Record<string, string>>;

export interface Scratch extends AsyncDisposable {
  readonly folder: string;
  /**
   * A copy of a shipped file with other texts in it, only for what the file reads from no environment.
   * @throws when a text to be replaced is not there: the file has changed, and the test must with it
   */
  copy(file: string, replacements: Replacements): Promise<string>;
}

/** A folder that goes away. */
export async function scratch(name: string): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), `mcpspan-${name}-`));
  return {
    folder,
    async copy(file, replacements) {
      let text = await readFile(file, 'utf8');
      for (const [from, to] of Object.entries(replacements)) {
        if (!text.includes(from)) throw new Error(`${file} does not hold '${from}'`);
        text = text.replaceAll(from, () => to);
      }
      const target = join(folder, basename(file));
      await writeFile(target, text);
      return target;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Starts a program that works in a folder of its own; the folder goes away after the program. */
export async function inScratch<Program extends Running>(
  name: string,
  begin: (disk: Scratch) => Promise<Program>,
): Promise<Program> {
  const disk = await scratch(name);
  try {
    const program = await begin(disk);
    const dispose = async (): Promise<void> => {
      await program.stop();
      await disk[Symbol.asyncDispose]();
    };
    return { ...program, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await disk[Symbol.asyncDispose]();
    throw error;
  }
}
