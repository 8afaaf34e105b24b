import { regexSchema } from '@tailrace/log-query/regex.ts';
import { z } from 'zod';
import { ruleKind } from '../rule-kind.ts';
import { singleLine } from './single-line.ts';

/** A line in whose body an RE2 expression finds something. */
export const patternMatch = ruleKind({
  type: 'pattern_match',
  conditionsSchema: z.strictObject({
    pattern: regexSchema.describe('An RE2 expression, searched for in the body.'),
    case_sensitive: z.boolean().default(false),
  }),
  lines: ({ pattern, case_sensitive }) => ({ regex: case_sensitive ? pattern : `(?i)${pattern}` }),
  condition: () => singleLine,
});
