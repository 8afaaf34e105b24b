import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonSettings } from '@tailrace/role/start-roles.ts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { KAFKA_VERSION } from '../dev-stack/kafka/kafka-jars.ts';
import { TIMESCALEDB_IMAGE } from '../dev-stack/postgres/postgres-container.ts';
import { ownSettingsOf, roleNames, settingsOf } from '../operators/role-settings.ts';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  container_name: z.string().optional(),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).optional(),
  volumes: z.array(z.string()).optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.object({ condition: z.string() }))]).optional(),
});
const compose = z
  .object({
    services: z.record(z.string(), serviceSchema),
    volumes: z.record(z.string(), z.unknown()),
    configs: z.record(z.string(), z.object({ content: z.string() })),
  })
  .parse(parse(text, { merge: true }));
const roles = Object.entries(compose.services).filter(([, service]) => service.image === 'tailrace');

test('docker-compose.yml runs every role from its own main.ts', () => {
  expect(roles.map(([name]) => name).sort()).toEqual([...roleNames]);
  for (const [name, { command }] of roles) {
    expect(command).toEqual(['node', `apps/${name}/main.ts`]);
    expect(existsSync(join(root, 'apps', name, 'main.ts')), `apps/${name}/main.ts`).toBe(true);
  }
});

test('docker-compose.yml lets every role be scaled: no port of the machine, no fixed name', () => {
  for (const [name, { ports, container_name }] of roles) expect({ ports, container_name }, name).toEqual({});
});

describe('docker-compose.yml gives each role what it reads, and no secret of another', async () => {
  const settings = new Map(await Promise.all(roles.map(async ([name]) => [name, await ownSettingsOf(name)] as const)));
  const common = settingsOf(commonSettings).map(({ variable }) => variable);
  const secrets = new Set(
    [...settings.values()].flat().flatMap(({ variable, isSecret }) => (isSecret ? [variable] : [])),
  );

  test.each(roles)('%s', (name, { environment = {} }) => {
    const own = settings.get(name) ?? [];
    const reads = new Set([...common, ...own.map(({ variable }) => variable)]);
    expect(Object.keys(environment).filter((variable) => !reads.has(variable))).toEqual([]);
    const needed = own.flatMap(({ variable, isRequired }) => (isRequired ? [variable] : []));
    // One of the two ways to check tokens, which no type alone requires.
    if (reads.has('JWT_SECRET')) needed.push('JWT_SECRET');
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(['KAFKA_BROKERS', ...needed]));
    expect(
      Object.keys(environment)
        .filter((variable) => secrets.has(variable))
        .sort(),
    ).toEqual(needed.filter((variable) => secrets.has(variable)).sort());
  });
});

test('docker-compose.yml lets nobody outside see metrics, and trusts the entrance alone to say who calls', () => {
  expect(compose.configs.entrance?.content).toMatch(/location = \/metrics \{\s+return 404;/);
  for (const [name, { environment }] of roles) expect(environment?.TRUST_PROXY, name).toBe('1');
  expect(compose.services.kafka?.ports ?? compose.services.postgres?.ports).toBeUndefined();
});

test('docker-compose.yml keeps its secrets out of git', () => {
  expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('.env');
});

test('docker-compose.yml explains every variable it reads in its opening comment', () => {
  const comment = text.slice(0, text.indexOf('\nname:'));
  const variables = new Set([...text.matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name));
  for (const variable of variables) expect(comment).toMatch(new RegExp(`^#   ${variable} `, 'm'));
});

test('docker-compose.yml runs the same versions as the development stack', () => {
  expect(compose.services.kafka?.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  expect(compose.services.postgres?.image).toBe(TIMESCALEDB_IMAGE);
});

test('docker-compose.yml names only files, services, volumes and configs that exist', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    if (service.build) expect(existsSync(join(root, service.build.dockerfile)), name).toBe(true);
    for (const { source } of service.configs ?? []) expect(Object.keys(compose.configs)).toContain(source);
    for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    const needs = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {});
    for (const need of needs) expect(Object.keys(compose.services)).toContain(need);
  }
});
