import { regexSchema } from '@tailrace/log-query/regex.ts';
import { z } from 'zod';
import { ruleKind } from '../rule-kind.ts';
import { singleLine } from './single-line.ts';

/** A line in whose body an RE2 expression finds something. */
export const patternMatch = ruleKind({
  type: 'pattern_match',
  title: 'A line like this',
  summary: 'a line like /{pattern}/',
  conditionsSchema: z.strictObject({
    pattern: regexSchema
      .describe('A regular expression (RE2), searched for in the line.')
      .meta({ title: 'Expression' }),
    case_sensitive: z.boolean().default(false).meta({ title: 'case-sensitive' }),
  }),
  lines: ({ pattern, case_sensitive }) => ({ regex: case_sensitive ? pattern : `(?i)${pattern}` }),
  condition: () => singleLine,
});
