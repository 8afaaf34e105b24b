import { expect, it } from 'vitest';
import { awsFailure } from './aws-failure.ts';

it('the reader of AWS failures takes an answer of any status that broke off for what passes by itself, and says so in words', () => {
  const cut = Object.assign(new Error('aborted\n  Deserialization error: to see the raw response, …'), {
    code: 'ECONNRESET',
    $metadata: { httpStatusCode: 400 },
  });
  expect(awsFailure(cut)).toMatchObject({ failure: 'unreachable', message: 'AWS: the answer was cut short' });
});

it('the reader of AWS failures takes a refusal with a name that nobody knows yet for one of the configuration', () => {
  const refused = Object.assign(new Error('no'), { name: 'NewException', $metadata: { httpStatusCode: 400 } });
  expect(awsFailure(refused)).toMatchObject({ failure: 'invalid_config', message: 'AWS: NewException: no' });
});
