import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Engine } from './engine.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 50_000_000;

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program against an engine. @throws with both streams when it fails */
export async function withEngine(
  { env }: Engine,
  file: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  try {
    return await run(file, [...args], { env: { ...process.env, ...env, ...more }, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (error) {
    // What execFile rejects with has both streams.
    const { stdout, stderr } = error as Ended;
    throw new Error(`${file} ${args.join(' ')} fails:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** `docker ARGS`. Resolves with its stdout, without the last line break. */
export const docker = async (engine: Engine, ...args: readonly string[]): Promise<string> =>
  (await withEngine(engine, engine.client, args)).stdout.trimEnd();

/** What `docker inspect` says, in the shape that the engine's API documents. */
export const inspect = async <Shape>(engine: Engine, ...what: readonly string[]): Promise<Shape> => {
  const [first] = JSON.parse(await docker(engine, 'inspect', ...what)) as [Shape];
  return first;
};
