import { integer } from '@tailrace/config/setting.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  normaliserCommitIntervalMs: integer(
    'Minimum time between two transactions of one busy partition; a quiet one commits at once. Longer intervals cost less and delay lines.',
    { min: 0, max: 10_000, unit: 'ms' },
  ).default(25),
  normaliserBatchRecords: integer('Records of one transaction, about.', {
    min: 1,
    max: 100_000,
    unit: 'records',
  }).default(10_000),
});

export type NormaliserConfig = output<typeof settings>;
