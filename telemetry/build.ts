import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './documents.ts';
import { registry } from './registry.ts';

const root = join(import.meta.dirname, '..');
// True: package.json of ours has a version.
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
for (const { path, text } of registry(version)) writeFileSync(join(root, 'telemetry/registry', path), text);
const document = join(root, 'docs/telemetry.md');
writeFileSync(document, withTables(readFileSync(document, 'utf8')));
