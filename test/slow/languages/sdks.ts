import { fileURLToPath } from 'node:url';
import { versionIn } from '../clients/packages.ts';
import { GO_SDKS } from './go.ts';
import { JAVA_SDKS } from './java.ts';
import { PYTHON_SDKS } from './python.ts';
import { RUST_SDKS } from './rust.ts';
import type { Program, Sdk } from './sdk.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export const SDKS: readonly Sdk[] = [...GO_SDKS, ...PYTHON_SDKS, ...JAVA_SDKS, ...RUST_SDKS];

/** The client that every server is tried with, beside its own. */
export const TYPESCRIPT: Program = {
  id: 'typescript',
  title: 'TypeScript SDK v1',
  version: versionIn(REPOSITORY, '@modelcontextprotocol/sdk'),
  command: () => [process.execPath, fileURLToPath(new URL('typescript/client.mjs', import.meta.url))],
};
