import { invalidField, Problem } from '@tailrace/http/problem.ts';
import { fieldsOf } from '@tailrace/log-query/filter-fields.ts';
import { filterProblems } from '@tailrace/log-query/filter-problems.ts';
import { maxFilterText } from '@tailrace/log-query/filter-text.ts';
import { type LogFilter, logFilter } from '@tailrace/log-query/log-filter.ts';
import { maxQueryCharacters } from '@tailrace/log-query/query/parse-query.ts';
import { levels } from '@tailrace/log-record/level.ts';
import { z } from 'zod';

const list = z
  .string()
  .max(5000)
  .transform((text) => text.split(',').filter((item) => item !== ''));
/** `key=value`, once or several times. */
const pairs = z
  .union([z.string().max(2000), z.array(z.string().max(2000)).max(20)])
  .transform((given) => [given].flat())
  .refine((given) => given.every((pair) => pair.indexOf('=') > 0), 'must be key=value')
  .transform((given) => fieldsOf(given.map(splitPair)));

/** A filter as query parameters. The same as the WebSocket's, which `filter` takes as JSON. */
export const filterQuery = {
  filter: z
    .string()
    .max(maxFilterText)
    .optional()
    .describe('A filter as JSON, as the WebSocket takes it. The parameters below add to it.'),
  query: z
    .string()
    .max(maxQueryCharacters)
    .optional()
    .describe('A query: words, "phrases", /RE2/, field:value, status>=500, NOT, OR, parentheses. Connections by id.'),
  level: z.enum(levels).optional().describe('This level and above.'),
  levels: list.optional().describe('Exactly these levels, separated by commas; unset is a line without one.'),
  connection: list.optional().describe('Ids of connections, separated by commas.'),
  text: z.string().max(1000).optional().describe('Part of the body, whatever its case.'),
  exclude: z.string().max(1000).optional().describe('Leaves out lines whose body has this part.'),
  regex: z.string().max(1000).optional().describe('RE2 expression that finds something in the body.'),
  attribute: pairs
    .optional()
    .describe(
      'key=value of an attribute or resource attribute. May be given several times; of one key, any of the values.',
    ),
  exclude_attribute: pairs.optional().describe('Leaves out lines with this key=value. May be given several times.'),
  stream: z.string().max(1000).optional().describe('The source stream within its connection.'),
  parser: z.string().max(100).optional().describe('The parser that read the line; plain: none knew it.'),
  trace_id: z.string().max(64).optional().describe('32 hexadecimal digits.'),
};

type FilterQuery = z.output<z.ZodObject<typeof filterQuery>>;

/** @throws Problem 422 that names the wrong parameter. */
export function filterOf(query: FilterQuery): LogFilter {
  const given = {
    query: query.query,
    level: query.level,
    levels: query.levels,
    connections: query.connection,
    text: query.text,
    exclude: query.exclude,
    regex: query.regex,
    attributes: query.attribute,
    exclude_attributes: query.exclude_attribute,
    stream: query.stream,
    parser: query.parser,
    trace_id: query.trace_id,
  };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const result = logFilter.safeParse({ ...jsonOf(query.filter), ...named });
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({
    field: ['querystring', ...issue.path].join('.'),
    message: issue.message,
  }));
  throw new Problem(422, { detail: filterProblems(result.error), errors });
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function jsonOf(text: string | undefined): object {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below.
  }
  throw invalidField('querystring.filter', 'must be a JSON object');
}
