import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadSettings, SettingsError, variableOf } from './environment.ts';
import { Secret } from './secret.ts';
import { choice, flag, hostList, integer, secret, secretUrl, text, url } from './setting.ts';
import { requireTokenKeys, tokenSettings } from './shared-settings.ts';

const schema = z.object({
  kafkaBrokers: hostList('Brokers.').default(['127.0.0.1:9092']),
  pollIntervalMs: integer('Poll.', { min: 100, max: 60_000, unit: 'ms' }).default(1000),
  client: choice('Client.', ['a', 'b']).default('a'),
  trustProxy: flag('Proxy.').default(false),
  registryUrl: url('Registry.', ['http', 'https']).optional(),
  topicPrefix: text('Prefix.', { pattern: /^[a-z]*$/, accepts: 'small letters' }).default(''),
  jwtSecret: secret('Secret.', { minBytes: 8 }),
});
const valid = { JWT_SECRET: 'long enough' };

function problemsOf(env: Record<string, string>): readonly { variable: string; message: string }[] {
  try {
    loadSettings(schema, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadSettings', () => {
  it('gives typed values and defaults', () => {
    const settings = loadSettings(schema, {
      ...valid,
      KAFKA_BROKERS: 'a:9092, [::1]:9093 ,',
      POLL_INTERVAL_MS: '500',
      TRUST_PROXY: 'true',
      CLIENT: '',
    });
    expect(settings).toMatchObject({
      kafkaBrokers: ['a:9092', '[::1]:9093'],
      pollIntervalMs: 500,
      trustProxy: true,
      client: 'a',
    });
    expect(settings.registryUrl).toBeUndefined();
    expect(settings.jwtSecret.reveal()).toBe('long enough');
  });

  it.each([
    ['KAFKA_BROKERS', 'nowhere', 'must be host:port'],
    ['KAFKA_BROKERS', 'http://a:1', 'must be host:port'],
    ['POLL_INTERVAL_MS', '99', 'must be a whole number from 100 to 60000 ms; got "99"'],
    ['POLL_INTERVAL_MS', '1e3', 'whole number'],
    ['POLL_INTERVAL_MS', '9'.repeat(400), 'whole number'],
    ['CLIENT', 'c', 'must be one of a, b; got "c"'],
    ['TRUST_PROXY', 'yes', 'must be true or false'],
    ['REGISTRY_URL', 'ftp://x', 'must be a URL'],
    ['REGISTRY_URL', 'x', 'must be a URL'],
    ['TOPIC_PREFIX', 'A!', 'must be small letters'],
    ['JWT_SECRET', 'short', 'must be at least 8 bytes long'],
    ['JWT_SECRET', '', 'is required'],
  ])('refuses %s=%s by name', (variable, value, message) => {
    const problems = problemsOf({ ...valid, [variable]: value });
    expect(problems).toEqual([{ variable, message: expect.stringContaining(message) }]);
  });

  it('names every bad variable in one error and prints no secret', () => {
    const problems = problemsOf({ CLIENT: 'c', POLL_INTERVAL_MS: 'x', JWT_SECRET: 'hunter2' });
    expect(problems.map((each) => each.variable).sort()).toEqual(['CLIENT', 'JWT_SECRET', 'POLL_INTERVAL_MS']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('reports a rule over several settings at the setting it names', () => {
    const either = z
      .object({ one: text('One.').optional(), two: text('Two.').optional() })
      .refine((settings) => settings.one ?? settings.two, { path: ['one'], error: 'or TWO must be set' });
    expect(() => loadSettings(either, {})).toThrow('ONE: or TWO must be set');
    expect(loadSettings(either, { TWO: 'x' })).toEqual({ two: 'x' });
  });

  it.each([
    [{}, ['JWT_SECRET: is required, or JWT_JWKS_URL instead']],
    [
      { JWT_SECRET: 'x'.repeat(32), JWT_JWKS_URL: 'https://id/keys', TICKET_SECRET: 'x'.repeat(32) },
      ['JWT_SECRET: must not be set beside JWT_JWKS_URL'],
    ],
    [
      { JWT_JWKS_URL: 'https://id/keys' },
      ['TICKET_SECRET: is required beside JWT_JWKS_URL', 'JWT_AUDIENCE: is required beside JWT_JWKS_URL'],
    ],
    [{ JWT_JWKS_URL: 'https://id/keys', TICKET_SECRET: 'x'.repeat(32), JWT_AUDIENCE: '*' }, []],
    [{ JWT_SECRET: 'x'.repeat(32) }, []],
  ])('wants exactly one way to check tokens: %j', (env, expected) => {
    const load = () => loadSettings(tokenSettings.superRefine(requireTokenKeys), env);
    if (expected.length === 0) expect(load).not.toThrow();
    for (const message of expected) expect(load).toThrow(message);
  });

  it('reads a secret from a mounted file', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'settings-')), 'secret');
    writeFileSync(path, 'from the file\n');
    expect(loadSettings(schema, { JWT_SECRET_FILE: path }).jwtSecret.reveal()).toBe('from the file');
    expect(problemsOf({ JWT_SECRET_FILE: `${path}.missing` })).toEqual([
      { variable: 'JWT_SECRET', message: expect.stringContaining('JWT_SECRET_FILE') },
    ]);
  });

  it('hides the password of a URL that is wrong', () => {
    const database = z.object({ databaseUrl: secretUrl('Database.', ['postgres']) });
    expect(() => loadSettings(database, { DATABASE_URL: 'mysql://u:hunter2@h/d' })).toThrow(
      /must be a URL: postgres:\/\/…$/,
    );
  });

  it('names variables after keys', () => {
    expect(variableOf('kafkaBrokers')).toBe('KAFKA_BROKERS');
    expect(variableOf('jwtJwksUrl')).toBe('JWT_JWKS_URL');
  });
});

describe('Secret', () => {
  it('does not print itself', async () => {
    const { inspect, format } = await import('node:util');
    const value = new Secret('hunter2');
    const prints = [
      `${value}`,
      String(value),
      JSON.stringify({ value }),
      inspect(value, { showHidden: true, depth: 9 }),
      format('%o %s %j', value, value, value),
    ];
    for (const print of prints) expect(print).not.toContain('hunter2');
    expect(value.reveal()).toBe('hunter2');
  });
});
