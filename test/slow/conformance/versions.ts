import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Lock = z.object({
  packages: z.record(z.string(), z.object({ name: z.string().optional(), version: z.string().optional() })),
});

/** The packages at work here, with the versions that the two lock files name. */
export function versions(names: readonly string[]): string {
  const lines = [join(import.meta.dirname, 'packages'), join(import.meta.dirname, '../../..')].flatMap((folder) => {
    const { packages } = Lock.parse(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')));
    return Object.entries(packages)
      .filter(([place]) => place.lastIndexOf('node_modules/') === 0)
      .map(([place, { name = place.slice('node_modules/'.length), version = '' }]) => ({ name, version }))
      .filter(({ name }) => names.includes(name) && folder.endsWith('packages') === name.endsWith('/conformance'))
      .map(({ name, version }) => `\`${name}\` ${version}`);
  });
  return `Measured with ${lines.join(', ')}.`;
}
