import { expect, test } from 'vitest';
import { withProviders } from './providers.ts';

const schema = (symbols: string) =>
  `{ "name": "provider", "type": { "type": "enum", "name": "Provider", "symbols": [${symbols}] } }, { "name": "level" }`;

test('a further cloud is put behind the providers that a schema has', () => {
  expect(withProviders(schema('"aws", "gcp"'), ['gcp', 'beacon', 'aws'])).toBe(schema('"aws", "gcp", "beacon"'));
});

test('a provider stays in its place though its cloud is gone, and other enums are left alone', () => {
  const other = '{ "type": "enum", "name": "Level", "symbols": ["low"] }';
  expect(withProviders(`${schema('"aws", "gcp"')}${other}`, ['gcp'])).toBe(`${schema('"aws", "gcp"')}${other}`);
});
