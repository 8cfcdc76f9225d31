import { resolve } from 'node:path';
import { isOption } from './arguments.ts';
import { closest } from './closest.ts';
import { belongs } from './command-settings.ts';
import type { FileEntry, FileProblem, FileValue } from './config-document.ts';
import { Problem, type Option } from './option-kinds.ts';
import { takesFile } from './option-table.ts';
import { OPTIONS, type OptionName } from './options.ts';
import type { WrittenOptions } from './read-settings.ts';
import { SERVER_OPTIONS } from './server-config.ts';

/** Collects what is wrong with a configuration file. */
export interface FileReport {
  readonly path: string;
  readonly problems: FileProblem[];
}

/** How requests find a server: its keys that are no options, and `listen`. */
export const PLACE_KEYS = ['host', 'path', 'listen'] as const;
export const SERVER_KEYS: readonly string[] = [...SERVER_OPTIONS, ...PLACE_KEYS];
/** The options of the process, and what holds for each server that does not say otherwise. */
export const PROCESS_OPTIONS: readonly OptionName[] = Object.keys(OPTIONS)
  .filter(isOption)
  .filter((name) => belongs(name, 'http') && name !== 'config' && name !== 'upstream');

/**
 * Reads the options among the entries; others are for the caller.
 * @param prefix what stands before a key in a problem: nothing, or `servers[1].`
 */
export function writtenOptions(
  entries: readonly FileEntry[],
  { report, prefix, takes }: { report: FileReport; prefix: string; takes: readonly string[] },
): WrittenOptions {
  const written = new Map<OptionName, { value: unknown; label: string }>();
  for (const { key, line, value } of entries) {
    if (!isOption(key) || !takes.includes(key)) continue;
    const label = `${prefix}${key}`;
    const read = optionValue(key, value, report.path);
    if (read instanceof Problem) report.problems.push({ line, text: `${label}: ${read.text}` });
    else written.set(key, { value: read.value, label: `${report.path}:${line}: ${label}` });
  }
  return written;
}

/** Reads one value as its option reads a flag. */
export function optionValue(name: OptionName, value: FileValue, file: string): { value: unknown } | Problem {
  // The table pairs each name with its own value type; a loop over names can't say so to the compiler.
  const option = OPTIONS[name] as unknown as Option<unknown>;
  const texts = textsOf(value, option);
  if (texts instanceof Problem) return texts;
  let read = option.default;
  for (const text of texts) {
    const given = takesFile(option) ? fromFolderOf(file, text, option) : text;
    const parsed = given instanceof Problem ? given : option.parse(given, read);
    if (parsed instanceof Problem) return parsed;
    read = parsed;
  }
  return { value: read };
}

/** The texts that a command line would have, one for each flag. */
function textsOf(value: FileValue, option: Option<unknown>): readonly string[] | Problem {
  const wanted = option.argument ?? 'true or false';
  if (value.kind === 'nothing' || (value.kind === 'text' && value.text.trim() === ''))
    return new Problem(`it has no value: give ${wanted}, or leave it out`);
  if (value.kind === 'keys') return new Problem(`it has keys of its own: give ${wanted}`);
  // YAML writes these in three ways.
  if (value.kind === 'text') return [option.argument === undefined ? value.text.toLowerCase() : value.text];
  const isList = option.argument === 'LIST';
  if (!isList && option.repeatable !== true) return new Problem(`it is a list: give ${wanted} alone`);
  const texts: string[] = [];
  for (const item of value.items) {
    if (item.kind !== 'text' || item.text.trim() === '')
      return new Problem(`line ${item.line} holds no single value: give a list of words`);
    texts.push(item.text);
  }
  if (option.repeatable === true) return texts;
  return [texts.length === 0 ? 'none' : texts.join(',')];
}

/** A relative path belongs to the folder of the file, wherever mcpspan is started. */
function fromFolderOf(file: string, text: string, { argument = '' }: Option<unknown>): string | Problem {
  if (argument.split('|').includes(text)) return text;
  if (/^~[/\\]/.test(text)) return new Problem(`'~' is a matter of shells: write out the home folder`);
  return resolve(file, '..', text);
}

/** Says of a key that has no place here what it may have been meant for. */
export function misplacedKey(key: string, isServer: boolean): string {
  const others = isServer ? PROCESS_OPTIONS : SERVER_KEYS;
  const known = isServer ? SERVER_KEYS : ['servers', ...PROCESS_OPTIONS];
  if (others.some((name) => name === key))
    return isServer
      ? 'is for the whole process: move it to the top level'
      : `is for a server: write it under servers, as - ${key}: …`;
  const nearest = closest(key, known);
  if (nearest !== undefined) return `is unknown; did you mean ${nearest}?`;
  if (key === '<<') return 'is unknown: what all servers share goes to the top level';
  if (isOption(key)) return 'is no option of the proxy: leave it out';
  return `is unknown: ${isServer ? 'a server takes' : 'the top level takes'} the keys in docs/several-servers.md`;
}
