import { integer } from '@tailrace/config/setting.ts';
import { databaseSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  ...databaseSettings.shape,
  replayerBatchRecords: integer('Records of one transaction of a replay, about.', {
    min: 1,
    max: 100_000,
    unit: 'records',
  }).default(10_000),
  replayerLiveSharePercent: integer(
    'Share of its time that a replay works while live lines arrive; it rests for the remainder.',
    {
      min: 1,
      max: 100,
      unit: '%',
    },
  ).default(20),
  replayerLiveLagMs: integer('Replays wait while the live pipeline is further behind than this.', {
    min: 100,
    max: 600_000,
    unit: 'ms',
  }).default(1000),
});

export type ReplayerConfig = output<typeof settings>;
