import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PLACE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The name of the package that a module belongs to; undefined: it is ours. */
export const packageOf = (module: string): string | undefined => PLACE.exec(module)?.[0].split('/node_modules/').at(-1);

/** A package that modules come from. */
export interface BundledPackage {
  name: string;
  version: string;
  license: string;
  /** Its folder. */
  place: string;
}

/** The packages that these modules come from, by their places. */
export function packagesOf(modules: readonly string[]): BundledPackage[] {
  const places = new Set(modules.flatMap((module) => PLACE.exec(module)?.[0] ?? []));
  return [...places].toSorted().map((place) => {
    // npm wrote the file.
    const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as BundledPackage;
    return { name, version, license, place };
  });
}

/** The licences of packages, each text once. */
export function licencesOf(packages: readonly BundledPackage[]): string {
  const holders = new Map<string, string[]>();
  for (const { name, version, license, place } of packages) {
    const texts = readdirSync(place)
      .filter((file) => /^(licen[cs]e|notice)/i.test(file))
      .map((file) => readFileSync(join(place, file), 'utf8').trim());
    if (texts.length === 0) throw new Error(`${name} comes without the text of its licence, ${license}`);
    const text = texts.join('\n\n');
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...holders].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return [`mcpspan contains code of these packages.\n`, ...parts].join(`\n${'-'.repeat(80)}\n\n`);
}
