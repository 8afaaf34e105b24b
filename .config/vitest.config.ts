import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';

const testStack = new URL('../scripts/testing/test-stack.ts', import.meta.url).pathname;

/** Most tests wait for a server or a process most of the time, so four run at once also on the smallest machine. */
const mostlyWaiting = Math.max(4, availableParallelism() - 1);

/**
 * Three kinds of tests, by suffix: `*.test.ts` needs nothing but Node, `*.int.test.ts` needs the real Kafka and PostgreSQL
 * that `scripts/` finds or starts, `*.e2e.test.ts` runs whole roles as processes. The first two run side by side, since one
 * keeps the processor busy and the other waits; then the page's and that of `npm start` (`page`); then those that kill
 * roles and servers, which run alone (`e2e`).
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // What is waited for comes at once, or on a machine that has other things to do later.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          maxWorkers: mostlyWaiting,
          sequence: { groupOrder: 0 },
          include: ['{schemas,libs,apps,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.int.test.ts', '**/*.e2e.test.ts'],
          // Quick by themselves; this is for a machine that has other things to do.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          maxWorkers: mostlyWaiting,
          sequence: { groupOrder: 0 },
          include: ['{schemas,libs,apps,scripts}/**/*.int.test.ts'],
          globalSetup: [testStack],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          // A browser waits most of the time, and so does `npm start`: two of them are tried at once.
          name: 'page',
          sequence: { groupOrder: 1 },
          include: ['apps/web/**/*.e2e.test.ts', 'scripts/start/start.e2e.test.ts'],
          globalSetup: [testStack],
          testTimeout: 600_000,
          hookTimeout: 400_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['{apps,scripts}/**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**', 'apps/web/**', 'scripts/start/start.e2e.test.ts'],
          globalSetup: [testStack],
          testTimeout: 600_000,
          hookTimeout: 400_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
