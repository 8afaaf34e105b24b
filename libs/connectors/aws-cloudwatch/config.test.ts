import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { describe, expect, it } from 'vitest';
import { awsCloudWatch } from './aws-cloudwatch.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: secret };
const config = { ...keys, region: 'eu-west-1', log_group: '/ecs/checkout' };
const configure = (change: object) => connector(awsCloudWatch).configure({ ...config, ...change });
const arn = 'arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/checkout';
const role = 'arn:aws:iam::210987654321:role/reader';

describe('a CloudWatch Logs configuration', () => {
  it.each([
    [{ log_group: '/ecs/checkout' }, { log_group: '/ecs/checkout', region: 'eu-west-1' }],
    [{ log_group: arn }, { log_group: '/ecs/checkout', region: 'eu-west-1', account_id: '123456789012' }],
    [{ log_group: `${arn}:*` }, { log_group: '/ecs/checkout', region: 'eu-west-1', account_id: '123456789012' }],
    [
      { log_group: 'arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:g', region: 'us-gov-west-1' },
      { log_group: 'g', region: 'us-gov-west-1', account_id: '123456789012' },
    ],
  ])('takes %j', (change, source) => {
    expect(configure(change).source).toEqual(source);
  });

  it.each([
    [{}, false],
    [{ role_arn: role }, false],
    [{ access_key_id: undefined, secret_access_key: undefined }, true],
    [{ access_key_id: undefined, secret_access_key: undefined, role_arn: role }, true],
  ])("knows of %j whether it is read with the host's identity", (change, usesHostIdentity) => {
    expect(configure(change)).toMatchObject({ usesHostIdentity });
  });

  it('shares one quota among the connections of an account, as far as it is known', () => {
    const keyOf = (change: object) => configure(change).quota.key;
    expect(keyOf({ role_arn: role })).toBe(keyOf({ role_arn: `${role}-2`, log_group: 'other' }));
    expect(keyOf({})).toBe(keyOf({ log_group: 'other' }));
    expect(keyOf({})).not.toBe(keyOf({ region: 'us-east-1' }));
    expect(keyOf({})).not.toContain(secret);
  });

  it('takes the short keys of local stand-ins, at an endpoint of their own', () => {
    const short = { access_key_id: 'test', secret_access_key: 'test' };
    expect(configure({ ...short, endpoint: 'http://localhost:4566' }).source).toMatchObject({ region: 'eu-west-1' });
    expect(() => configure(short)).toThrow('access_key_id: must be 16 to 128 capital letters');
  });

  it('names a wrong key beside whatever else is wrong', () => {
    expect(() => configure({ access_key_id: 'test', region: 'Ireland' })).toThrow(
      /access_key_id.*region|region.*access_key_id/s,
    );
  });

  it.each([
    [{ access_key_id: 'a key', endpoint: 'http://localhost:4566' }, 'access_key_id: must be visible ASCII'],
    [{ access_key_id: 'akia' }, 'access_key_id: must be 16 to 128 capital letters and digits'],
    [{ access_key_id: undefined }, 'access_key_id: is required beside secret_access_key'],
    [{ secret_access_key: undefined }, 'secret_access_key: is required beside access_key_id'],
    [{ secret_access_key: `${secret}\n` }, 'secret_access_key: must be visible ASCII characters without spaces'],
    [{ session_token: 'a b' }, 'session_token: must be visible ASCII'],
    [
      { ...{ access_key_id: undefined, secret_access_key: undefined }, session_token: 'x' },
      'session_token: needs access',
    ],
    [{ role_arn: 'reader' }, 'role_arn: must be the ARN of a role'],
    [{ external_id: 'abc' }, 'external_id: needs role_arn'],
    [{ role_arn: role, external_id: 'a b' }, 'external_id: must be 2 to 1224'],
    [{ region: undefined }, 'region: is required'],
    [{ region: 'Ireland' }, 'region: must be a region such as'],
    [{ region: 'us-east-1', log_group: arn }, "region: must be eu-west-1, as in the log group's ARN"],
    [{ log_group: undefined }, 'log_group: is required'],
    [{ log_group: 'a b' }, 'log_group: must be the name or the ARN of a log group'],
    [{ log_group: `${arn}:log-stream:x` }, 'log_group: must be the name or the ARN'],
    [{ log_streams: [] }, 'log_streams: must name a log stream'],
    [{ log_streams: 'x' }, 'log_streams: must be a list'],
    [{ log_streams: ['a*'] }, 'log_streams.0: must be the name of a log stream'],
    [{ log_streams: Array.from({ length: 1001 }, String) }, 'log_streams: must name at most 1000'],
    [{ filter_pattern: '' }, 'filter_pattern: must not be empty'],
    [{ filter_pattern: 'x'.repeat(1025) }, 'filter_pattern: must be at most 1024'],
    [{ endpoint: 'ftp://x' }, 'endpoint: must be an http or https URL'],
    [{ poll_interval_ms: 1 }, 'poll_interval_ms: must be a whole number of ms from 200'],
    [{ log_gruop: 'x' }, 'Unrecognized key: "log_gruop"'],
  ])('says what is wrong with %j', (change, message) => {
    expect(() => configure(change)).toThrow(message);
    expect(() => configure(change)).toThrow(expect.not.objectContaining({ message: expect.stringContaining(secret) }));
  });
});
