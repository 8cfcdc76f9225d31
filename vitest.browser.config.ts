import { defineConfig } from 'vitest/config';
import { chromiumPath, CURE } from './test/browser/installed.ts';

const missing = chromiumPath() === undefined;
// The name of a test that is skipped is not printed.
if (missing) process.stderr.write(`${CURE}\n`);

export default defineConfig({
  test: {
    environment: 'node',
    // Without a browser one test is skipped, instead of all.
    include: [missing ? 'test/browser/installed.test.ts' : 'test/browser/**/*.test.ts'],
    pool: 'forks',
    // Each file runs a browser and mcpspans of its own: side by side they would make two cores thrash.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { interval: 100, timeout: 45_000 } },
  },
});
