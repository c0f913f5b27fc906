import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` needs nothing but the checkout and shares workers; `host` (root, namespaces, other daemons)
 * runs one file at a time because its tests own network state.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // The library by its own name, as programs of its users import it.
          alias: { ipsec: new URL('src/index.ts', import.meta.url).pathname },
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/**/*.{host,interop,kernel}.test.ts'],
          pool: 'threads',
          isolate: false,
          // Also on two cores, where one would be left to the main thread, which hardly needs it.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'host',
          include: ['test/**/*.{host,interop,kernel}.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 300_000,
          // They make keys, and build programs.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
