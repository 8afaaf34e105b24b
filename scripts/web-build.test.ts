import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildWeb, isBuilt, SOURCES } from './web-build.mjs';

let project = '';
let runs: string[][] = [];

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'web-build-'));
  runs = [];
  mkdirSync(join(project, 'apps', 'web', 'live'), { recursive: true });
  for (const source of SOURCES) mkdirSync(join(project, source), { recursive: true });
  rmSync(join(project, 'package-lock.json'), { recursive: true });
  writeFileSync(join(project, 'package-lock.json'), '{}');
  writeFileSync(join(project, 'apps', 'web', 'live', 'row.ts'), 'export {};');
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const build = (code: number) =>
  buildWeb(project, async (_file: string, args: string[]) => {
    runs.push(args);
    mkdirSync(join(project, 'apps', 'web', 'dist'), { recursive: true });
    return code;
  });

test('the web build builds once, and again only when a source or a package has changed', async () => {
  expect(isBuilt(project)).toBe(false);
  expect(await build(0)).toBe(true);
  expect(await build(0)).toBe(true);
  expect(runs).toHaveLength(1);
  writeFileSync(join(project, 'apps', 'web', 'live', 'row.test.ts'), 'a test is not built');
  writeFileSync(join(project, 'apps', 'web', 'dist', 'index.html'), 'nor what was built');
  expect(isBuilt(project)).toBe(true);
  writeFileSync(join(project, 'apps', 'web', 'live', 'row.ts'), 'export const changed = 1;');
  expect(isBuilt(project)).toBe(false);
  await build(0);
  writeFileSync(join(project, 'package-lock.json'), '{"lockfileVersion":3}');
  expect(isBuilt(project)).toBe(false);
});

test('a build that failed does not count', async () => {
  expect(await build(1)).toBe(false);
  expect(isBuilt(project)).toBe(false);
});

test('the sources of a built page include every library that the page imports values from', () => {
  const root = join(import.meta.dirname, '..');
  const modules = globSync('apps/web/**/*.{ts,tsx}', {
    cwd: root,
    exclude: ['**/*.test.*', '**/node_modules/**', 'apps/web/e2e/**'],
  });
  const imported = modules.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^import (?!type )[^;]*? from '@tailrace\/([^']+)'/gm)].map(
      ([, module = '']) => `libs/${module}`,
    ),
  );
  expect(imported).toContain('libs/http/client/live-stream.ts');
  expect(imported.filter((module) => !SOURCES.some((source) => module.startsWith(`${source}/`)))).toEqual([]);
});
