import { integer } from '@tailrace/config/setting.ts';
import { databaseSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  databaseUrl: databaseSettings.shape.databaseUrl,
  logRetentionDays: integer('How long PostgreSQL keeps logs.', { min: 1, max: 3650, unit: 'days' }).default(30),
  alertRetentionDays: integer('How long PostgreSQL keeps alerts.', { min: 1, max: 3650, unit: 'days' }).default(90),
  sinkCommitIntervalMs: integer('Minimum time between two database transactions of one partition of `logs`.', {
    min: 0,
    max: 60_000,
    unit: 'ms',
  }).default(200),
  sinkBatchRecords: integer('Rows of one database transaction, about.', {
    min: 1,
    max: 100_000,
    unit: 'rows',
  }).default(10_000),
});

export type SinkConfig = output<typeof settings>;
