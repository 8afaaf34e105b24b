import { defineConfig } from 'vitest/config';

const testStack = new URL('../scripts/test-stack.ts', import.meta.url).pathname;

/**
 * Three kinds of tests, told apart by suffix: `*.test.ts` needs nothing but Node, `*.int.test.ts` needs the real Kafka
 * and PostgreSQL that `scripts/` finds or starts, `*.e2e.test.ts` runs whole roles as processes.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{schemas,libs,apps,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.int.test.ts', '**/*.e2e.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: ['{schemas,libs,apps,scripts}/**/*.int.test.ts'],
          globalSetup: [testStack],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['{apps,scripts}/**/*.e2e.test.ts'],
          globalSetup: [testStack],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
