import { generateKeyPairSync } from 'node:crypto';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { describe, expect, it } from 'vitest';
import { gcpLogging } from './gcp-logging.ts';

const pem = (type: 'rsa' | 'ec') =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
const key = { type: 'service_account', client_email: 'a@shop.iam.gserviceaccount.com', private_key: pem('rsa') };
const config = { project_id: 'shop-prod', log_name: 'stdout', credentials_json: key };
const configure = (change: object) => connector(gcpLogging).configure({ ...config, ...change });

describe('a Cloud Logging configuration', () => {
  it('takes the key file as an object and as its text', () => {
    expect(configure({ credentials_json: JSON.stringify(key) }).source).toEqual(configure({}).source);
  });

  it.each([
    ['stdout', 'projects/shop-prod/logs/stdout'],
    ['cloudaudit.googleapis.com/activity', 'projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity'],
    ['cloudaudit.googleapis.com%2Factivity', 'projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity'],
    ['projects/shop-prod/logs/run.googleapis.com%2Fstderr', 'projects/shop-prod/logs/run.googleapis.com%2Fstderr'],
  ])('names the log %s in full', (log_name, full) => {
    expect(configure({ log_name }).source).toEqual({ project_id: 'shop-prod', log_name: full });
  });

  it('has credentials of its own, always', () => {
    expect(configure({}).usesHostIdentity).toBe(false);
  });

  it('takes the short project of a local stand-in, at an endpoint of its own', () => {
    const local = { project_id: 'test', endpoint: 'http://localhost:8085' };
    expect(configure(local).source).toMatchObject({ project_id: 'test' });
    expect(() => configure({ project_id: 'test' })).toThrow('project_id: must be a Google Cloud project id, of 6');
  });

  it.each([
    [{ project_id: 'X' }, 'project_id: must be a Google Cloud project id'],
    [{ project_id: undefined }, 'project_id: is required'],
    [{ log_name: 'a b' }, 'log_name: must be a log id'],
    [{ log_name: 'projects/other-project/logs/x' }, 'log_name: belongs to other-project'],
    [{ resource_type: 'a"b' }, 'resource_type: must be a monitored resource type'],
    [{ filter: 'a) OR (b' }, 'filter: closes a parenthesis at position 1'],
    [{ filter: 7 }, 'filter: must be text'],
    [{ filter: `"${'x'.repeat(18_000)}"` }, 'filter: must be at most 18000 characters'],
    [{ credentials_json: undefined }, 'credentials_json: is required'],
    [{ credentials_json: '{"type":' }, 'credentials_json: must be the key file of a service account'],
    [{ credentials_json: { ...key, type: 'authorized_user' } }, 'credentials_json.type: must be "service_account"'],
    [{ credentials_json: { ...key, client_email: 'x' } }, 'credentials_json.client_email: must be the address'],
    [{ credentials_json: { ...key, private_key: undefined } }, 'credentials_json.private_key: is required'],
    [
      { credentials_json: { ...key, private_key: key.private_key.replaceAll('\n', '\\n') } },
      'credentials_json.private_key: must be an RSA private key in PEM, with its line ends',
    ],
    [{ credentials_json: { ...key, private_key: pem('ec') } }, 'credentials_json.private_key: must be an RSA'],
    [{ filter: '('.repeat(18_001) }, /^(?!.*parenthesis).*must be at most 18000 characters/s],
    [{ credentials_json: `${' '.repeat(20_000)}{}` }, 'credentials_json: must be the key file of a service account'],
    [{ endpoint: '127.0.0.1:80' }, 'endpoint: must be an http or https URL'],
    [{ tail: 'yes' }, 'tail: must be true or false'],
    [{ batch_size: 1001 }, 'batch_size: must be a whole number of events from 1 to 1000'],
    [{ log_nam: 'x' }, 'Unrecognized key: "log_nam"'],
  ])('says what is wrong with %j', (change, message) => {
    expect(() => configure(change)).toThrow(message);
    expect(() => configure(change)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('BEGIN') }));
  });
});
