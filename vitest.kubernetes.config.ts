import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/kubernetes/**/*.test.ts'],
    globalSetup: ['test/kubernetes/support/before-all.ts'],
    pool: 'forks',
    // They share one node, and its processors.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
