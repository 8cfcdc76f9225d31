import type { Address } from '../transport/names.ts';
import type { FileEntry, FileValue } from './config-document.ts';
import { Problem } from './option-kinds.ts';
import type { WrittenOptions } from './read-settings.ts';
import { SERVER_OPTIONS } from './server-config.ts';
import { parseHost, parsePath } from './server-places.ts';
import { misplacedKey, optionValue, SERVER_KEYS, writtenOptions, type FileReport } from './written-options.ts';

/** A server as the file has it. */
export interface WrittenServer {
  /** `servers[1]`. */
  label: string;
  line: number;
  options: WrittenOptions;
  host: string | undefined;
  path: string | undefined;
  listen: Address | undefined;
  /** What it says about host, path and listen can be read. */
  isPlaced: boolean;
}

/** What a file has to say at least. */
export const EXAMPLE = 'servers: with - upstream: http://localhost:3000/mcp below it';

/** Reads the servers among the keys at the top level. */
export function writtenServers(entries: readonly FileEntry[], report: FileReport): WrittenServer[] {
  const list = entries.find(({ key }) => key === 'servers');
  if (list === undefined) {
    report.problems.push({ line: undefined, text: `it names no server: write ${EXAMPLE}` });
    return [];
  }
  const { line, value } = list;
  if (value.kind !== 'list' || value.items.length === 0) {
    const why = value.kind === 'list' || value.kind === 'nothing' ? 'names no server' : 'is no list';
    report.problems.push({ line, text: `servers ${why}: write each server after a dash, as - upstream: …` });
    return [];
  }
  return value.items.flatMap((item, index) => serverFrom(item, `servers[${index}]`, report));
}

function serverFrom(item: FileValue, label: string, report: FileReport): WrittenServer[] {
  const { line } = item;
  if (item.kind !== 'keys') {
    report.problems.push({ line, text: `${label} has no keys: write - upstream: http://localhost:3000/mcp` });
    return [];
  }
  const { entries } = item;
  for (const { key, line: at } of entries)
    if (!SERVER_KEYS.includes(key))
      report.problems.push({ line: at, text: `${label}.${key} ${misplacedKey(key, true)}` });
  const options = writtenOptions(entries, { report, prefix: `${label}.`, takes: SERVER_OPTIONS });
  if (!entries.some(({ key }) => key === 'upstream'))
    report.problems.push({ line, text: `${label} has no upstream: add upstream: http://localhost:3000/mcp` });
  let isPlaced = true;
  const place = <Value>(key: string, read: (value: FileValue) => Value | Problem): Value | undefined => {
    const entry = entries.find((each) => each.key === key);
    const value = entry && read(entry.value);
    if (!(value instanceof Problem)) return value;
    report.problems.push({ line: entry?.line, text: `${label}.${key}: ${value.text}` });
    isPlaced = false;
    return undefined;
  };
  const host = place('host', (value) => textOf(value, parseHost));
  const path = place('path', (value) => textOf(value, parsePath));
  const listen = place('listen', (value) => {
    const read = optionValue('listen', value, report.path);
    // The parser of this option makes addresses.
    return read instanceof Problem ? read : (read.value as Address);
  });
  return [{ label, line, options, host, path, listen, isPlaced }];
}

const textOf = (value: FileValue, parse: (text: string) => string | Problem): string | Problem =>
  value.kind === 'text' ? parse(value.text) : new Problem('it has no single value: give one, or leave it out');
