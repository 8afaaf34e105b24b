import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { z } from 'zod';
import { shownConfig } from '../resources/secret-config.ts';

const time = z.string().describe('RFC 3339.');
const settingsSchema = z.record(z.string(), z.unknown());

export const channelView = z
  .object({
    id: z.string(),
    project_id: z.string(),
    channel_name: z.string(),
    channel_type: z.string(),
    channel_config: settingsSchema.describe('Without its secrets.'),
    secrets_set: z.array(z.string()).describe('Names of the secret fields that are stored.'),
    version: z.int().describe('Counts changes; the ETag holds it.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Channel' });

/**
 * A channel as its project's people see it.
 * @param secretFields of its kind; undefined where this installation has no such kind, and then no field is shown
 */
export function toChannelView(
  channel: NotificationChannel,
  secretFields: readonly string[] | undefined,
): z.output<typeof channelView> {
  const { id, project_id, name, channel_type, version } = channel;
  const { settings, secretsSet } = shownConfig(channel, secretFields);
  return {
    id,
    project_id,
    channel_name: name,
    channel_type,
    channel_config: settings,
    secrets_set: secretsSet,
    version,
    created_at: isoNanos(channel.created_at),
    updated_at: isoNanos(channel.updated_at),
  };
}
