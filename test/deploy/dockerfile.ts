import { readText } from './yaml.ts';

export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Instructions of a Dockerfile, continued lines joined, comments left out. */
export function instructions(path: string): readonly Instruction[] {
  const lines = readText(path)
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), rest: rest.trim() };
    });
}

/** Of the last stage: what the image is. */
export const finalStage = (path: string): readonly Instruction[] => {
  const all = instructions(path);
  return all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
};

/** Every `FROM`, build arguments replaced by their defaults, without the stages of the file itself. */
export function baseImages(path: string): readonly string[] {
  const all = instructions(path);
  const defaults = new Map(
    all.filter(({ name }) => name === 'ARG').map(({ rest }) => [rest.split('=')[0] ?? '', rest.split('=')[1] ?? '']),
  );
  return all
    .filter(({ name }) => name === 'FROM')
    .map(({ rest }) =>
      (rest.split(/\s+/)[0] ?? '').replace(/\$\{(\w+)\}/g, (_, name: string) => defaults.get(name) ?? ''),
    );
}

/** What a stage sets with ENV. */
export const environment = (stage: readonly Instruction[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    stage
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ rest }) =>
        rest.split(/\s+/).map((pair) => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
      ),
  );

/** The last instruction of that name in a stage, with its words if it is written as a list. */
export function last(stage: readonly Instruction[], wanted: string): { rest: string; words: readonly string[] } {
  const { rest } = stage.findLast(({ name }) => name === wanted) ?? { rest: '' };
  const list = /\[.*\]$/.exec(rest)?.[0];
  const words: unknown = list === undefined ? [] : JSON.parse(list);
  return { rest, words: Array.isArray(words) ? words.map(String) : [] };
}
