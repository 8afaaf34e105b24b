import { ApiError } from '@tailrace/http/client/api-error.ts';
import { messageOf } from '../../api/http.ts';
import { labelOf } from '../text/labels.ts';
import { plainMessage } from '../text/plain-message.ts';

/** What is wrong with a form, where a person sees it. */
export interface FormProblems {
  /** By field, each in words that follow the field's label. */
  readonly fields: ReadonlyMap<string, string>;
  /** Above the button: which fields, and what belongs to none. */
  readonly summary: string;
}

/** Labels by a field's name as the API has it, in the form's order. */
export type FormLabels = ReadonlyMap<string, string>;

/** What is found wrong before anything is sent. */
export function problemsOf(fields: ReadonlyMap<string, string>, labels: FormLabels): FormProblems {
  return { fields, summary: summaryOf(fields, labels, []) };
}

/**
 * What the API found wrong. A problem within a field, as in a pasted file, is shown at that field; one of no field of the
 * form stands in the summary.
 */
export function problemsOfError(error: unknown, labels: FormLabels): FormProblems {
  if (!(error instanceof ApiError) || error.fields.size === 0) return { fields: new Map(), summary: messageOf(error) };
  const fields = new Map<string, string>();
  const others: string[] = [];
  for (const [path, message] of error.fields) {
    const field = fieldOf(path, labels);
    const words = plainMessage(message);
    if (field === undefined) others.push(`${labelOf(path.split('.').at(-1) ?? path)} ${words}.`);
    else if (!fields.has(field)) fields.set(field, within(path, field, words));
  }
  return { fields, summary: summaryOf(fields, labels, others) };
}

function fieldOf(path: string, labels: FormLabels): string | undefined {
  const candidates = [...labels.keys()].filter((name) => path === name || path.startsWith(`${name}.`));
  return candidates.sort((a, b) => b.length - a.length)[0];
}

/** `client_email is required`, for a part of a field. */
function within(path: string, field: string, words: string): string {
  return path === field ? words : `${path.slice(field.length + 1).replaceAll('.', ' › ')} ${words}`;
}

function summaryOf(fields: ReadonlyMap<string, string>, labels: FormLabels, others: readonly string[]): string {
  const named = [...labels].flatMap(([name, label]) => (fields.has(name) ? [label] : []));
  const look =
    named.length === 0
      ? []
      : [`Look at ${named.join(', ')}: ${named.length === 1 ? 'it is' : 'they are'} marked above.`];
  return [...look, ...others].join(' ');
}
