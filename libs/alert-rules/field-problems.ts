import type { ZodError } from 'zod';

/** What is wrong with one field, for people. */
export interface FieldProblem {
  /** As in `conditions.log_levels.0`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

/**
 * One problem for each thing that is wrong, unknown fields one by one.
 * @param whole what the fields belong to, in words.
 */
export function fieldProblems(error: ZodError, whole: string): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const field = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: field === '' ? key : `${field}.${key}`,
        message: `is not a field of ${whole}`,
      }));
    }
    return [{ field, message: issue.code === 'invalid_type' ? wrongType(issue) : issue.message }];
  });
}

const wanted: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
};
const given: Readonly<Record<string, string>> = { null: 'null', array: 'a list', object: 'an object' };

function wrongType({ expected, message }: { readonly expected: string; readonly message: string }): string {
  const type = wanted[expected];
  const [, received] = /received (\w+)$/.exec(message) ?? [];
  if (received === 'undefined') return 'is required';
  return type && received ? `must be ${type}, not ${given[received] ?? `a ${received}`}` : message;
}
