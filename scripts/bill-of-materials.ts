import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './third-party-licences.ts';

/** A component of a bill of materials. @see https://cyclonedx.org/docs/1.6/json/ */
export interface Component {
  type: 'application' | 'library';
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  licenses: readonly object[];
  hashes?: readonly { alg: string; content: string }[];
}

export interface BillOfMaterials {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  version: 1;
  metadata: { component: Component };
  components: readonly Component[];
  dependencies: readonly { ref: string; dependsOn: readonly string[] }[];
}

/** `sha512-BASE64`, as npm writes it. */
const INTEGRITY = /^sha512-(.+)$/;
const SPDX_ID = /^[\w.-]+$/;

/**
 * The packages whose code is in ours. `npm sbom` cannot know of them: they are bundled, and what is installed has no
 * dependencies.
 */
export function billOfMaterials(root: string, packages: readonly BundledPackage[]): BillOfMaterials {
  // npm wrote both files.
  const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { name, version, license } = read('package.json') as Pick<BundledPackage, 'name' | 'version' | 'license'>;
  const { packages: locked } = read('package-lock.json') as { packages: Record<string, { integrity?: string }> };
  const own = component('application', { name, version, license });
  const components = packages.map((one) =>
    component('library', one, locked[one.place.slice(root.length + 1)]?.integrity),
  );
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: own },
    components,
    dependencies: [{ ref: own['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
  };
}

function component(
  type: Component['type'],
  { name, version, license }: Pick<BundledPackage, 'name' | 'version' | 'license'>,
  integrity = '',
): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [, base64] = INTEGRITY.exec(integrity) ?? [];
  return {
    type,
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [SPDX_ID.test(license) ? { license: { id: license } } : { expression: license }],
    ...(base64 !== undefined && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }],
    }),
  };
}
