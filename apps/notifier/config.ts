import { integer } from '@tailrace/config/setting.ts';
import { credentialSettings, notificationSettings } from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z.object({
  ...credentialSettings.shape,
  ...notificationSettings.shape,
  notificationChannelRate: integer(
    'Messages a minute to one channel. What comes faster waits, and goes out as one message with counts.',
    { min: 1, max: 6000 },
  ).default(20),
  notificationChannelBurst: integer('Messages to one channel that may go at once after a quiet time.', {
    min: 1,
    max: 1000,
  }).default(5),
});

export type NotifierConfig = output<typeof settings>;
