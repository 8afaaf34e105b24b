import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** `npm ci` refuses a lock file that is incomplete, and then nobody can install; these tests find it first. */
const dependencies = z.record(z.string(), z.string()).default({});
const packageSchema = z.object({
  link: z.boolean().optional(),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
});
const root = join(import.meta.dirname, '../..');
const lock = z
  .object({ packages: z.record(z.string(), packageSchema) })
  .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));

test('package-lock.json agrees with every package.json', () => {
  const own = Object.entries(lock.packages).filter(([path, entry]) => !path.includes('node_modules') && !entry.link);
  expect(own.length).toBeGreaterThan(10);
  for (const [path, { dependencies, devDependencies, optionalDependencies }] of own) {
    const stated = packageSchema.parse(JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')));
    expect({ dependencies, devDependencies, optionalDependencies }, `${path}/package.json`).toEqual({
      dependencies: stated.dependencies,
      devDependencies: stated.devDependencies,
      optionalDependencies: stated.optionalDependencies,
    });
  }
});

test('package-lock.json names the optional packages of every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies).filter((name) => resolve(path, name) === undefined),
  );
  expect(missing).toEqual([]);
});

/** Where Node would find a package from a folder: in that folder's node_modules or in one further up. */
function resolve(path: string, name: string): string | undefined {
  const candidate = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`;
  if (lock.packages[candidate] !== undefined) return candidate;
  if (path === '') return undefined;
  const end = path.lastIndexOf('node_modules/');
  return resolve(end <= 0 ? '' : path.slice(0, end - 1), name);
}
