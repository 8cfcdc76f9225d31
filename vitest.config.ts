import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'test/stack/**', 'test/browser/**'],
    pool: 'forks',
    // The tests start processes of their own; more workers than this make two cores thrash.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
