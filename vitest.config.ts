import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'test/stack/**', 'test/docker/**', 'test/kubernetes/**', 'test/browser/**'],
    pool: 'forks',
    // The tests start processes of their own; more workers than this make two cores thrash.
    maxWorkers: 2,
    // How long something may hang, not how fast it has to be: a busy machine takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { interval: 50, timeout: 30_000 } },
  },
});
