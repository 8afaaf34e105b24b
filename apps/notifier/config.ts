import { integer } from '@tailrace/config/setting.ts';
import { credentialSettings, notificationSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  ...credentialSettings.shape,
  ...notificationSettings.shape,
  notificationChannelRate: integer(
    'Messages per minute to one channel. Further ones wait, and are sent as one message with counts.',
    { min: 1, max: 6000 },
  ).default(20),
  notificationChannelBurst: integer('Messages to one channel that may be sent at once after a quiet period.', {
    min: 1,
    max: 1000,
  }).default(5),
});

export type NotifierConfig = output<typeof settings>;
