import { leastSeverity } from '@tailrace/log-record/level.ts';
import { z } from 'zod';
import { ruleKind } from '../rule-kind.ts';
import { minuteMs, windowMinutes } from './window-minutes.ts';

const wrong = 'must be a number of lines a minute, above 0 and at most 1000000000';

/** Too many errors: at least so many lines of level error and above, a minute on average over the window. */
export const errorRate = ruleKind({
  type: 'error_rate',
  title: 'Too many errors',
  summary: 'an error rate of at least {threshold} a minute over {window_minutes} min',
  conditionsSchema: z.strictObject({
    threshold: z
      .number(wrong)
      .positive(wrong)
      .max(1e9, wrong)
      .describe('Lines of level error and above, on average over the window. It fires at this many or more.')
      .meta({ title: 'Errors a minute', examples: [10] }),
    window_minutes: windowMinutes,
  }),
  lines: () => ({ severities: (number) => number >= leastSeverity('error') }),
  condition: ({ threshold, window_minutes }) => ({
    type: 'count',
    windowMs: window_minutes * minuteMs,
    // Whole lines: 1.1 a minute over 10 minutes is 11, which the product in floating point is slightly more than.
    atLeast: Math.max(1, Math.ceil(threshold * window_minutes - 1e-6)),
    unit: 'lines_per_minute',
    threshold,
    repeats: 'crossings',
  }),
});
