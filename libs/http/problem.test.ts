import { expect, it } from 'vitest';
import { Problem } from './problem.ts';

it('a refusal answers with a document of bounded size, however much was wrong', () => {
  const errors = Array.from({ length: 20_000 }, (_, index) => ({
    field: `body.${'x'.repeat(300)}${index}`,
    message: `is not a field: ${'\u{1F600}'.repeat(400)}`,
  }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  const document = new Problem(422, { detail, errors }).document('request');
  expect(JSON.stringify(document).length).toBeLessThan(50_000);
  expect(document.errors).toHaveLength(51);
  expect(document.errors?.at(-1)).toEqual({ field: '', message: 'and 19950 more problems' });
  expect(JSON.stringify(document).isWellFormed()).toBe(true);
});

it('a refusal says everything that was wrong where that is little', () => {
  const errors = [{ field: 'body.name', message: 'is required' }];
  expect(new Problem(422, { detail: 'body.name: is required', errors }).document('request')).toMatchObject({
    detail: 'body.name: is required',
    errors,
  });
});

it('a refusal records no stack for a refusal, and one for a failure', () => {
  const { stackTraceLimit } = Error;
  expect(new Problem(404).stack).not.toContain('\n    at ');
  expect(new Problem(500).stack).toContain('\n    at ');
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});
