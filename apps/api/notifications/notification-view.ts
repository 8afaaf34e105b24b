import { isoNanos } from '@tailrace/log-query/iso-time.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { notificationStatusSymbols } from '@tailrace/schemas/generated/notification-status.ts';
import { notificationTransitionSymbols } from '@tailrace/schemas/generated/notification-transition.ts';
import { z } from 'zod';
import type { NotificationEntry } from './notification-log.ts';

const time = z.string().describe('RFC 3339.');

export const notificationView = z
  .object({
    id: z.string(),
    alert_id: z.string(),
    rule_id: z.string(),
    channel_id: z.string(),
    channel_name: z.string().nullable().describe('Null when the channel was deleted before anything was sent to it.'),
    channel_type: z.string().nullable(),
    transition: z.enum(notificationTransitionSymbols),
    status: z.enum(notificationStatusSymbols),
    attempts: z.int().describe('Begun since it was last put into the outbox.'),
    created_at: time.describe('When the alert changed.'),
    next_attempt_at: time.nullable(),
    deadline_at: time,
    sent_at: time.nullable(),
    last_answer: z.string().nullable().describe('What the channel said last, or why it was not reached.'),
    grouped_into: z.string().nullable().describe('The notification under whose id one message carried several.'),
  })
  .meta({ id: 'Notification' });

/** @param channel as it is now; undefined when it was deleted. */
export function toNotificationView(
  entry: NotificationEntry,
  channel: NotificationChannel | undefined,
): z.output<typeof notificationView> {
  const { id, alert_id, rule_id, channel_id, transition, status, attempts, last_answer, grouped_into } = entry;
  return {
    id,
    alert_id,
    rule_id,
    channel_id,
    channel_name: channel?.name ?? entry.channel_name,
    channel_type: channel?.channel_type ?? entry.channel_type,
    transition,
    status,
    attempts,
    created_at: isoNanos(entry.created_at),
    next_attempt_at: isoOrNull(entry.next_attempt_at),
    deadline_at: isoNanos(entry.deadline_at),
    sent_at: isoOrNull(entry.sent_at),
    last_answer,
    grouped_into,
  };
}

function isoOrNull(micros: number | null): string | null {
  return micros === null ? null : isoNanos(micros);
}
