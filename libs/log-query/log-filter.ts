import { levels } from '@tailrace/log-record/level.ts';
import { type output, z } from 'zod';
import { filterFields } from './filter-fields.ts';
import { maxQueryCharacters } from './query/parse-query.ts';
import { queryProblemText } from './query/query-problem.ts';
import { readQuery } from './query/read-query.ts';
import { regexSchema } from './regex.ts';

const text = z.string().min(1).max(1000);
const queryText = z
  .string()
  .max(maxQueryCharacters, { error: `must have at most ${maxQueryCharacters} characters`, abort: true })
  .superRefine((query, context) => {
    const reading = readQuery(query);
    if ('problem' in reading) context.addIssue({ code: 'custom', message: queryProblemText(reading.problem) });
  });
/**
 * Which lines a person wants to see. The same filter runs on the live stream (`matcher.ts`) and as SQL on what is
 * stored; a line must satisfy every part that is given.
 */
export const logFilter = z
  .strictObject({
    /** Lines of this level and above. Lines without a level never match. */
    level: z.enum(levels).optional(),
    /** Lines of exactly these levels; `unset` is a line without one. */
    levels: z
      .array(z.enum([...levels, 'unset']))
      .min(1)
      .max(7)
      .optional(),
    connections: z.array(z.string().min(1).max(64)).min(1).max(100).optional(),
    /** Part of the body, whatever its case. */
    text: text.optional(),
    /** Lines whose body has this part are left out. */
    exclude: text.optional(),
    /** An RE2 expression that finds something in the body, or in the beginning of a very long one. */
    regex: regexSchema.optional(),
    /** Attributes, or resource attributes, with exactly this value, or with any of several. */
    attributes: filterFields.optional(),
    /** Lines with this value of an attribute or resource attribute, or with any of several, are left out. */
    exclude_attributes: filterFields.optional(),
    stream: z.string().min(1).max(1000).optional(),
    /** Lines that this parser read; `plain` has those that none knew. */
    parser: z.string().min(1).max(100).optional(),
    /** A query; see `query/parse-query.ts`. */
    query: queryText.optional(),
    trace_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits')
      .optional(),
  })
  .meta({ id: 'LogFilter' });

export type LogFilter = output<typeof logFilter>;
