import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { helmFiles } from '../generate-helm-values.ts';
import { roleNames } from './role-settings.ts';

/** What can be known of the chart without Helm; `npm run check:operators` renders it. */
const root = join(import.meta.dirname, '../..');
const chart = join(root, 'docs/operations/helm/tailrace');
const read = (path: string) => readFileSync(join(chart, path), 'utf8');
const values: Record<string, unknown> = parse(read('values.yaml'));
const schema = z.fromJSONSchema(JSON.parse(read('values.schema.json')));

/** As Helm does: maps are merged, everything else is replaced. */
function merged(under: unknown, over: unknown): unknown {
  if (!isMap(under) || !isMap(over)) return over;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, key in over ? merged(under[key], over[key]) : under[key]]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The paths that the schema refuses in the chart's values with these over them. */
function refused(over: unknown): string[] {
  const result = schema.safeParse(merged(values, over));
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

test('the generated files of the Helm chart are what the settings schemas say', async () => {
  for (const [path, content] of await helmFiles()) expect(read(path), `${path}: run npm run generate`).toBe(content);
});

test('the Helm chart runs every role and has the version of this repository', () => {
  expect(isMap(values.roles) ? Object.keys(values.roles).sort() : []).toEqual(roleNames);
  expect(parse(read('Chart.yaml')).appVersion).toBe(
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
  );
});

test('every value that a template of the Helm chart uses stands in values.yaml', () => {
  const templates = globSync('templates/*', { cwd: chart }).map((path) => read(path));
  const used = templates.flatMap((text) => [...text.matchAll(/\.Values\.([A-Za-z.]+)/g)].map(([, path = '']) => path));
  // Settings and secrets are the operator's own.
  const paths = [...new Set(used)].filter((path) => !/^(settings|secrets)\./.test(path));
  expect(paths).toContain('ingress.tlsSecretName');
  const missing = paths.filter((path) => {
    let at: unknown = values;
    for (const key of path.split('.')) at = isMap(at) ? at[key] : undefined;
    return at === undefined;
  });
  expect(missing).toEqual([]);
});

describe('the schema of the Helm values', () => {
  test.each(globSync('ci/*.yaml', { cwd: chart }))('accepts %s', (path) => {
    expect(refused(parse(read(path)))).toEqual([]);
  });

  test.each([
    ['a setting that does not exist', { settings: { KAFKA_BROKER: 'a:9092' } }, 'settings'],
    ['a secret among the settings', { settings: { JWT_SECRET: 'x' } }, 'settings'],
    ['a number out of range', { settings: { LOG_RETENTION_DAYS: 0 } }, 'settings.LOG_RETENTION_DAYS'],
    ['a word that is no choice', { settings: { LOG_LEVEL: 'loud' } }, 'settings.LOG_LEVEL'],
    ['a secret without its key', { secrets: { DATABASE_URL: { name: 'x' } } }, 'secrets.DATABASE_URL'],
    ['a setting of another role', { roles: { sink: { settings: { FANOUT_MAX_VIEWERS: 1 } } } }, 'roles.sink.settings'],
    ['a role that does not exist', { roles: { simulator: { replicas: 1, resources: {} } } }, 'roles'],
    ['a misspelt value', { ingres: { enabled: true } }, ''],
  ])('refuses %s', (_name, over, path) => {
    expect(refused(over)).toContain(path);
  });
});
