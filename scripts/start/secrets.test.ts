import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptSecrets } from './secrets.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('npm start makes secrets once, for this user only, long enough for their use', () => {
  const secrets = keptSecrets(join(directory, 'new'));
  expect(keptSecrets(join(directory, 'new'))).toEqual(secrets);
  expect(Buffer.from(secrets.credentialEncryptionKey, 'base64url')).toHaveLength(32);
  expect(Buffer.byteLength(secrets.jwtSecret)).toBeGreaterThanOrEqual(32);
  expect(statSync(join(directory, 'new', 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('npm start makes different secrets for different installations', () => {
  expect(keptSecrets(join(directory, 'a'))).not.toEqual(keptSecrets(join(directory, 'b')));
});

test('npm start refuses a damaged file without showing what is in it, and keeps it', () => {
  const file = join(directory, 'secrets.json');
  writeFileSync(file, '{"jwtSecret":"top-secret"');
  expect(() => keptSecrets(directory)).toThrow(/is damaged/);
  expect(() => keptSecrets(directory)).not.toThrow(/top-secret/);
  expect(readFileSync(file, 'utf8')).toBe('{"jwtSecret":"top-secret"');
});
