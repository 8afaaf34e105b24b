import { ApiError } from '@tailrace/http/client/api-error.ts';
import { expect, test } from 'vitest';
import { inPlainWords, refusalOf } from './refusal.ts';

test.each([
  [
    'querystring.regex: is not a regular expression of RE2: missing closing ) at position 0: (',
    'The expression is not a regular expression of RE2: missing closing ) at position 0: (',
  ],
  ['filter.regex: is not one; filter.text: is too long', 'The expression is not one; The text is too long'],
  [
    'querystring.from: must be at most 92 days before to',
    'The beginning of the time must be at most 92 days before its end',
  ],
  ['filter.attributes.status.0: is too long', 'What is asked of attributes is too long'],
  ['filter.query: character 3: something is missing', 'The query, character 3: something is missing'],
  ['the topic is unreachable; ask again', 'the topic is unreachable; ask again'],
])('%s is said without the names of fields', (detail, words) => {
  expect(inPlainWords(detail)).toBe(words);
});

test('only what the server says of the question refuses a view', () => {
  const error = (status: number, ...fields: string[]) =>
    new ApiError('querystring.from: is wrong', {
      kind: 'refused',
      status,
      title: 'Invalid',
      errors: fields.map((field) => ({ field, message: 'is wrong' })),
    });
  expect(refusalOf(error(422, 'querystring.regex'))?.about).toBe('filter');
  expect(refusalOf(error(422, 'querystring.from'))).toEqual({
    about: 'time',
    reason: 'The beginning of the time is wrong',
  });
  expect(refusalOf(error(503))).toBeUndefined();
  expect(refusalOf(error(422))).toBeUndefined();
  expect(refusalOf(new Error('querystring.from: is wrong'))).toBeUndefined();
});
