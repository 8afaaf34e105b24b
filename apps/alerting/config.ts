import { integer } from '@tailrace/config/setting.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  alertingMatchingIntervalMs: integer(
    'Least time between two transactions that count lines of one busy partition. Longer costs less, and alerts later.',
    { min: 0, max: 10_000, unit: 'ms' },
  ).default(100),
  alertingEvaluationIntervalMs: integer(
    'Least time between two transactions that decide alerts of one busy partition of rules.',
    { min: 0, max: 10_000, unit: 'ms' },
  ).default(100),
  alertingLatenessMs: integer(
    'How far behind the watermark of its connections, in event time, a line may come and still correct alerts.',
    { min: 60_000, max: 86_400_000, unit: 'ms' },
  ).default(3_600_000),
  alertingMaxGroups: integer(
    'Values of group_by that one rule tells apart at a time; further ones are counted together as "(other groups)".',
    { min: 1, max: 100_000 },
  ).default(1000),
});

export type AlertingConfig = output<typeof settings>;
