import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/docker/**/*.test.ts'],
    globalSetup: ['test/docker/support/before-all.ts'],
    pool: 'forks',
    // One of them waits for the whole pipeline most of the time.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
