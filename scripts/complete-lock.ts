// Run `node scripts/complete-lock.ts` after a change of dependencies: it adds to package-lock.json the packages for
// other platforms that npm left out. npm leaves out packages that the registry or node_modules lacks, and then `npm ci`
// refuses the file. The added packages have no hash: npm writes it where it can fetch the package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  version?: string;
  cpu?: string[];
  dev?: boolean;
  libc?: string[];
  license?: string;
  optional?: boolean;
  os?: string[];
  engines?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const file = join(import.meta.dirname, '../package-lock.json');
// npm wrote the file, in the format of lockfileVersion 3.
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Package> };

/** The entry for the package `@scope/binding-linux-x64-musl` of `owner`, with its members in npm's order. */
function absent(name: string, version: string, owner: Package): Package {
  const [os, cpu, abi] = name.replace(/^.*\/(binding-)?/, '').split('-');
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform: add it with npm install`);
  return {
    version,
    cpu: [cpu],
    ...(owner.dev !== undefined && { dev: owner.dev }),
    ...(os === 'linux' && abi !== undefined && { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] }),
    ...(owner.license !== undefined && { license: owner.license }),
    optional: true,
    os: [os],
    ...(owner.engines !== undefined && { engines: owner.engines }),
  };
}

for (const [place, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    if (`node_modules/${name}` in lock.packages || `${place}/node_modules/${name}` in lock.packages) continue;
    lock.packages[`node_modules/${name}`] = absent(name, version, owner);
    console.log(`added ${name}`);
  }
}

const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
