import { filterProblems } from './filter-problems.ts';
import { type LogFilter, logFilter } from './log-filter.ts';

/** Of a filter as JSON. The longest that says something is shorter. */
export const maxFilterText = 20_000;

export interface FilterTextProblem {
  /** For people. */
  readonly detail: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
}

/**
 * Reads a filter as JSON. Its length is looked at before anything else.
 * @param field what the problems call it
 */
export function readFilterText(text: string, field: string): LogFilter | { readonly problem: FilterTextProblem } {
  if (text.length > maxFilterText) return whole(field, `must have at most ${maxFilterText} characters`);
  const json = parsed(text);
  if (json === undefined) return whole(field, 'must be a JSON object');
  const result = logFilter.safeParse(json);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ field: [field, ...path].join('.'), message }));
  return { problem: { detail: filterProblems(result.error), errors } };
}

function whole(field: string, message: string): { readonly problem: FilterTextProblem } {
  return { problem: { detail: `The filter ${message}`, errors: [{ field, message }] } };
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
