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
    const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
    return [{ field, message: missing ? 'is required' : issue.message }];
  });
}
