import { integer } from '@tailrace/config/setting.ts';
import { evaluationSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  alertingMatchingIntervalMs: integer(
    'Minimum time between two transactions that count lines of one busy partition. Longer intervals cost less and delay alerts.',
    { min: 0, max: 10_000, unit: 'ms' },
  ).default(100),
  alertingEvaluationIntervalMs: integer(
    'Minimum time between two transactions that decide alerts of one busy partition of rules.',
    { min: 0, max: 10_000, unit: 'ms' },
  ).default(100),
  ...evaluationSettings.shape,
});

export type AlertingConfig = output<typeof settings>;
