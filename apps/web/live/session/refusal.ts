import { ApiError } from '@tailrace/http/client/api-error.ts';

/** Why a view cannot be shown at all. */
export interface Refusal {
  readonly about: 'filter' | 'time';
  /** A sentence for a person. */
  readonly reason: string;
}

/** Fields of a question by the names that the API gives them. */
const fieldNames: Readonly<Record<string, string>> = {
  level: 'The level',
  levels: 'The levels',
  connections: 'The choice of sources',
  text: 'The text',
  exclude: 'The text to leave out',
  regex: 'The expression',
  attributes: 'What is asked of attributes',
  exclude_attributes: 'What is left out by attributes',
  query: 'The query,',
  stream: 'The stream',
  parser: 'The parser',
  trace_id: 'The trace',
  from: 'The beginning of the time',
  to: 'The end of the time',
};
const fieldPath = /^(?:querystring|filter)(?:\.filter)?\.(\w+)[^:\s]*:? /;

/** What the server says of a question, without the names of its fields: those are not what the person wrote. */
export function inPlainWords(detail: string): string {
  return detail
    .split(/; (?=(?:querystring|filter)\.)/)
    .map((part) => {
      const [path, field = ''] = fieldPath.exec(part) ?? [];
      const name = Object.hasOwn(fieldNames, field) ? fieldNames[field] : undefined;
      if (path === undefined || name === undefined) return part;
      const rest = part.slice(path.length);
      return `${name} ${field === 'from' ? rest.replace(/\bto$/, 'its end') : rest}`;
    })
    .join('; ');
}

/** The server's refusal of a filter or of a part of time; undefined for any other failure. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof ApiError) || (error.status !== 422 && error.status !== 400)) return undefined;
  const fields = [...error.fields.keys()].filter((field) => field.startsWith('querystring.'));
  if (fields.length === 0) return undefined;
  const isTime = fields.every((field) => /^querystring\.(from|to)$/.test(field));
  return { about: isTime ? 'time' : 'filter', reason: inPlainWords(error.message) };
}
