import { ApiError } from '@tailrace/http/client/api-error.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { labelOf } from '../text/labels.ts';
import { plainMessage } from '../text/plain-message.ts';
import { problemsOfError } from './form-problems.ts';

const labels = new Map([
  ['connection_name', 'Name'],
  ['connection_config.region', 'Region'],
  ['connection_config.credentials_json', 'Credentials JSON'],
]);
const refused = (fields: Readonly<Record<string, string>>) =>
  new ApiError('body.connection_name: Too small', {
    kind: 'refused',
    status: 422,
    title: 'The request is not valid',
    errors: Object.entries(fields).map(([field, message]) => ({ field, message })),
  });

test('each problem stands at its field, a part of a pasted file at the file’s field, and the rest in the summary', () => {
  const { fields, summary } = problemsOfError(
    refused({
      'connection_config.credentials_json.client_email': 'Invalid input: expected string, received undefined',
      connection_name: 'Too small: expected string to have >=1 characters',
      project_id: 'Invalid input: expected string, received undefined',
    }),
    labels,
  );
  expect(Object.fromEntries(fields)).toEqual({
    connection_name: 'is required',
    'connection_config.credentials_json': 'client_email is required',
  });
  expect(summary).toBe('Look at Name, Credentials JSON: they are marked above. Project ID is required.');
});

test('what is about no field is said as it is', () => {
  expect(problemsOfError(new Error('The server does not answer.'), labels)).toEqual({
    fields: new Map(),
    summary: 'The server does not answer.',
  });
});

test('names of fields are read as words', () => {
  expect(['access_key_id', 'poll_interval_ms', 'credentials_json', 'region'].map(labelOf)).toEqual([
    'Access key ID',
    'Poll interval (ms)',
    'Credentials JSON',
    'Region',
  ]);
});

const kinds = z.object({
  text: z.string().min(1).max(5),
  long: z.string().min(3),
  number: z.number().min(2).max(9),
  whole: z.int(),
  list: z.array(z.string()).min(1).max(2),
  choice: z.enum(['a', 'b']),
  flag: z.boolean(),
  url: z.url(),
  email: z.email(),
  pattern: z.string().regex(/^x$/),
  record: z.record(z.string(), z.string()),
});

test.each<unknown>([
  {},
  {
    text: '',
    long: 'x',
    number: 1,
    whole: 1.5,
    list: [],
    choice: 'c',
    flag: 'x',
    url: 'x',
    email: 'x',
    pattern: 'y',
    record: 1,
  },
  {
    text: 'too long',
    long: 1,
    number: 10,
    whole: 'x',
    list: ['a', 'b', 'c'],
    choice: 1,
    flag: null,
    url: 1,
    email: 1,
    pattern: 1,
    record: [],
  },
  { number: Number.NaN, extra: 1 },
])('no message of a schema reaches a person in the schema’s own words: %j', (value) => {
  const result = z.strictObject(kinds.shape).safeParse(value);
  expect(result.success).toBe(false);
  for (const { message } of result.error?.issues ?? []) {
    expect(plainMessage(message), message).not.toMatch(
      /expected|received|Invalid|Too small|Too big|Unrecognized|>=|<=/,
    );
  }
});
