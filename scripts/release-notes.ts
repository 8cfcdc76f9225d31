// `node scripts/release-notes.ts TAG`: what CHANGELOG.md says of a version, by kind of change, on stdout. Ends with 1 where the
// tag is not the version of package.json, or CHANGELOG.md has no section for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes } from './changelog.ts';

const root = join(import.meta.dirname, '..');
const [tag = ''] = process.argv.slice(2);
// npm wrote the file.
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
try {
  if (tag !== `v${version}`) throw new Error(`the tag '${tag}' is not v${version}, the version in package.json`);
  process.stdout.write(releaseNotes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version));
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
