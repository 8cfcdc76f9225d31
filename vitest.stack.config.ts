import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/stack/**/*.test.ts'],
    globalSetup: ['test/stack/support/before-all.ts'],
    setupFiles: ['test/stack/support/show-logs.ts'],
    pool: 'forks',
    // Each file runs up to five servers: side by side they would make two cores thrash.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
