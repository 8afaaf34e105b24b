import type { ZodError } from 'zod';

const names: Readonly<Record<string, string>> = {
  level: 'The level',
  levels: 'One of the levels',
  connections: 'One of the connections',
  text: 'The text',
  exclude: 'The text to leave out',
  regex: 'The regular expression',
  attributes: 'An attribute',
  exclude_attributes: 'An attribute to leave out',
  query: 'The query',
  stream: 'The stream',
  parser: 'The parser',
  trace_id: 'The trace id',
};

/** What is wrong with a filter, in sentences for people, without the names of fields. */
export function filterProblems({ issues }: ZodError): string {
  return issues
    .map(({ path: [field], message }) => {
      const name = names[String(field)] ?? 'The filter';
      // A query's problem begins with its place.
      if (/^character \d/.test(message)) return `${name}, ${message}`;
      return /^[a-z]/.test(message) ? `${name} ${message}` : `${name}: ${message}`;
    })
    .join('; ');
}
