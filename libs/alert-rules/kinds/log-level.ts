import { levelOf, levels } from '@tailrace/log-record/level.ts';
import { z } from 'zod';
import { ruleKind } from '../rule-kind.ts';
import { singleLine } from './single-line.ts';

/** Names that clouds and libraries have for levels of ours. */
const aliases: Readonly<Record<string, string>> = { critical: 'fatal', warning: 'warn' };

const level = z
  .string()
  .transform((name) => aliases[name.toLowerCase()] ?? name.toLowerCase())
  .pipe(z.enum(levels, `must be one of ${levels.join(', ')}, critical (fatal) or warning (warn)`));

/** A line of one of exactly these levels. */
export const logLevel = ruleKind({
  type: 'log_level',
  title: 'A line of a level',
  summary: 'a line of level {log_levels}',
  conditionsSchema: z.strictObject({
    log_levels: z
      .array(level)
      .min(1, 'must name a level')
      .overwrite((names) => levels.filter((each) => names.includes(each)))
      .meta({ title: 'Levels', examples: [['fatal']] }),
  }),
  lines: ({ log_levels }) => ({
    severities: (number) => {
      const name = levelOf(number);
      return name !== undefined && log_levels.includes(name);
    },
  }),
  condition: () => singleLine,
});
