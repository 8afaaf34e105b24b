import { connectors } from '@tailrace/connectors/registry.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { configOf, fieldsOf, formValues } from './config-schema.ts';

const described = (provider: 'aws' | 'azure' | 'gcp') => {
  const connector = connectors.get(provider);
  if (!connector) throw new Error('no such connector');
  return {
    config_schema: { ...z.toJSONSchema(connector.configSchema, { io: 'input', unrepresentable: 'any' }) },
    secret_fields: [...connector.secretFields],
    endpoint_fields: [...connector.endpointFields],
  };
};

test.each(['aws', 'azure', 'gcp'] as const)('%s: every field is asked for, required ones first', (provider) => {
  const given = described(provider);
  const fields = fieldsOf(given);
  expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(given.config_schema.properties ?? {}).sort());
  const firstOptional = fields.findIndex(({ isRequired }) => !isRequired);
  expect(fields.slice(firstOptional).every(({ isRequired }) => !isRequired)).toBe(true);
  expect(fields.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual(
    expect.arrayContaining(given.secret_fields),
  );
  for (const { name, isAdvanced } of fields) if (given.endpoint_fields.includes(name)) expect(isAdvanced).toBe(true);
});

test('a form says what it means, and leaves out what is empty', () => {
  const fields = fieldsOf(described('aws'));
  const { config, problems } = configOf(fields, {
    region: ' eu-west-1 ',
    log_streams: 'a\n\n b \n',
    batch_size: '100',
    secret_access_key: '',
  });
  expect(config).toEqual({ region: 'eu-west-1', log_streams: ['a', 'b'], batch_size: 100 });
  expect([...problems]).toEqual([['log_group', 'is required']]);
});

test('what is missing, cannot be read or is out of bounds is named', () => {
  expect(configOf(fieldsOf(described('gcp')), { credentials_json: '{', batch_size: 'many' }).problems).toEqual(
    new Map([
      ['project_id', 'is required'],
      ['log_name', 'is required'],
      ['batch_size', 'must be a number'],
      ['credentials_json', 'must be JSON: paste the whole file'],
    ]),
  );
  const values = { project_id: 'shop-prod', log_name: 'stdout', batch_size: '0' };
  const { problems } = configOf(fieldsOf(described('gcp')), values, { stored: ['credentials_json'] });
  expect([...problems.keys()]).toEqual(['batch_size']);
  expect(problems.get('batch_size')).toMatch(/^must be 1 to \d+$/);
});

test('a stored configuration comes back as it was', () => {
  const fields = fieldsOf(described('gcp'));
  const stored = { project_id: 'shop-prod', log_name: 'stdout', tail: false, batch_size: 50 };
  expect(configOf(fields, formValues(fields, stored)).config).toEqual(stored);
});
