import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { step, toolchain, type Sdk } from './sdk.ts';

const file = (name: string): URL => new URL(`rmcp/${name}`, import.meta.url);

export const RUST_SDKS: readonly Sdk[] = [
  {
    id: 'rmcp',
    title: 'Rust SDK (rmcp)',
    version: /^version = "=(.+)"$/m.exec(readFileSync(file('Cargo.toml'), 'utf8'))?.[1] ?? '',
    toolchain: toolchain('Rust with Cargo', ['rustc', '--version'], ['cargo', '--version']),
    // It has no HTTP+SSE any more.
    transports: ['http', 'stdio'],
    files: ['main.rs', 'Cargo.toml', 'Cargo.lock'].map(file),
    async build(folder) {
      await step(folder, { CARGO_TARGET_DIR: 'target' }, 'cargo', 'build', '--locked', '--quiet');
      await rename(join(folder, 'target/debug/program'), join(folder, 'program'));
      // The rest of the build is twenty times as large and is never used again.
      await rm(join(folder, 'target'), { recursive: true });
    },
    command: (folder) => [join(folder, 'program')],
  },
];
