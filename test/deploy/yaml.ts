import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const root = join(import.meta.dirname, '../..');

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A YAML file of this repository, aliases and merge keys resolved. Tags of compose (`!override`) are passed over. */
export const readYaml = (path: string): unknown => parse(readText(path), { merge: true, logLevel: 'error' });

/** The entries of a mapping; none when it is absent. Throws for anything else. */
export function fields(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`not a mapping: ${JSON.stringify(value)}`);
  // An object that is no array: what the YAML parser makes of a mapping, whose keys are strings in our files.
  return value as Record<string, unknown>;
}

/** The items of a sequence; none when it is absent. Throws for anything else. */
export function items(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError(`not a sequence: ${JSON.stringify(value)}`);
  return value;
}

/** A string, number or boolean as text. Throws for anything else. */
export function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`not a scalar: ${JSON.stringify(value)}`);
}

export const texts = (value: unknown): readonly string[] => items(value).map(text);

/** What lies under a path of keys. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, key) => fields(inner)[key], value);

/** Every string, number and boolean anywhere inside. */
export function leaves(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
  return value === undefined || value === null ? [] : [text(value)];
}
